// Bundles the compiled CLI. Node spends most of a short command on finding and reading module files: as a few chunks
// instead of seventy files, `bento models list` starts in three quarters of the time.
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'rolldown'

/** Puts a bundle of `<dist>/cli/main.js` in the place of what tsc wrote to `<dist>/cli`. Packages stay imports. */
export async function buildCli(dist) {
  const compiled = join(dist, 'cli')
  const bundled = join(dist, 'cli-bundled')
  await mkdir(bundled, { recursive: true })
  await build({
    input: join(compiled, 'main.js'),
    platform: 'node',
    external: /^[^./]/,
    experimental: { attachDebugInfo: 'none' },
    output: {
      dir: bundled,
      format: 'esm',
      minify: false,
      // All in one folder, as deep as the compiled folders are: paths relative to import.meta.url stay right.
      entryFileNames: '[name].js',
      chunkFileNames: '[name].js',
      codeSplitting: {
        groups: [
          // What every command needs, help included.
          {
            name: 'base',
            test: /[\\/](core[\\/](errors|text)|cli[\\/](program|problem|output|own-version|registry))\.js$/,
            priority: 2,
          },
          { name: 'store', test: /[\\/](core|files|store)[\\/]/, priority: 1 },
        ],
      },
    },
  })
  await rm(compiled, { recursive: true })
  await rename(bundled, compiled)
}
