// Bundles what users import: the plugin's three faces, the store, archives, images and builds. A build with the plugin loads a hundred small
// modules of ours, and Node takes about a millisecond for each file; a few chunks are read in a third of the time.
import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'rolldown'
import { INLINED, noticesOf, STORE } from './inlined.js'

const FACES = [
  'plugin/vite',
  'plugin/rollup',
  'plugin/rolldown',
  'transfer/index',
  'archive/index',
  'container/index',
  'build/index',
  'archive/bzip2-worker',
  'archive/xz-worker',
]

/**
 * Puts bundles in the place of the faces that tsc wrote to `dist`, and what they share into `dist/chunks`. One bundle
 * for all, so that a program that uses two of them has one `BentoError`. The compiled modules stay, with their types.
 */
export async function buildFaces(dist) {
  const bundled = join(dist, 'faces-bundled')
  await mkdir(bundled, { recursive: true })
  await build({
    input: Object.fromEntries(FACES.map(face => [face, join(dist, `${face}.js`)])),
    platform: 'node',
    external: id => /^[^./]/.test(id) && !INLINED.test(id),
    experimental: { attachDebugInfo: 'none' },
    output: {
      dir: bundled,
      format: 'esm',
      minify: false,
      comments: { legal: true },
      postBanner: noticesOf,
      entryFileNames: '[name].js',
      // One folder below dist, as the compiled modules are: paths relative to import.meta.url stay right.
      chunkFileNames: 'chunks/[name].js',
      codeSplitting: {
        groups: [
          // What reading a config needs, and no more.
          { name: 'base', test: /[\\/]core[\\/](errors|text|tag|request)\.js$/, priority: 3 },
          { name: 'semver', test: /[\\/]node_modules[\\/]semver[\\/]/, priority: 3 },
          // What archives need without a store. Before the plugin, whose chunk takes in all that it alone needs.
          { name: 'files', test: /[\\/](files[\\/](?!patterns|select)|core[\\/]file-name\.js)/, priority: 3 },
          { name: 'plugin', test: /[\\/]plugin[\\/]/, priority: 2 },
          { name: 'store', test: STORE, priority: 1 },
        ],
      },
    },
  })
  await cp(bundled, dist, { recursive: true })
  await rm(bundled, { recursive: true })
}
