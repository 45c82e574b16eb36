import { defineConfig } from 'vite'
import { bento } from 'vite-plugin-bento'

export default defineConfig({
  plugins: [bento({ models: [{ tag: 'iris_clf?stage=production', alias: 'classifier' }] })],
})
