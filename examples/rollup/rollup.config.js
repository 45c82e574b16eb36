import { bento } from 'vite-plugin-bento/rollup'

export default {
  input: 'src/server.js',
  external: [/^node:/, 'iso-639-1'],
  output: { dir: 'dist' },
  plugins: [bento({ models: [{ tag: 'language_words', alias: 'words' }] })],
}
