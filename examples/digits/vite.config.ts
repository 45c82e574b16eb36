import { defineConfig } from 'vite'
import { bento } from 'vite-plugin-bento'

export default defineConfig({
  plugins: [bento()],
})
