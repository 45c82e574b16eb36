// Bundles the compiled CLI. A short command spends its time on what Node loads for it, so this loads less: a few chunks
// instead of seventy module files, the parser among them, and Node's own modules without their ESM faces.
import { mkdir, rename, rm } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { build } from 'rolldown'
import { INLINED, noticesOf, STORE } from './inlined.js'

/** Puts a bundle of `<dist>/cli/main.js` in the place of what tsc wrote to `<dist>/cli`. */
export async function buildCli(dist) {
  const compiled = join(dist, 'cli')
  const bundled = join(dist, 'cli-bundled')
  await mkdir(bundled, { recursive: true })
  await build({
    input: join(compiled, 'main.js'),
    platform: 'node',
    external: id => !id.startsWith('.') && !isAbsolute(id) && !INLINED.test(id),
    experimental: { attachDebugInfo: 'none' },
    plugins: [spareChildProcess(), plainBuiltins()],
    output: {
      dir: bundled,
      format: 'esm',
      minify: false,
      comments: { legal: true, annotation: false, jsdoc: false },
      postBanner: noticesOf,
      // All in one folder, as deep as the compiled folders are: paths relative to import.meta.url stay right.
      entryFileNames: '[name].js',
      chunkFileNames: '[name].js',
      codeSplitting: {
        groups: [
          // What every command needs, help included.
          {
            name: 'base',
            test: /[\\/](commander[\\/].*|core[\\/](errors|own-package|text|timing)|cli[\\/](program|problem|exit-codes|output|registry))\.js$/,
            priority: 2,
          },
          { name: 'semver', test: /[\\/]node_modules[\\/]semver[\\/]/, priority: 2 },
          // Many small files that commands share. A group brings along what its files import: here nothing of the store.
          {
            name: 'values',
            test: /[\\/](cli[\\/](values[\\/](labels|json|json-or-text|args|metadata)|long-work|progress|pace|interrupt|stdout-on-stderr)|files[\\/]cleanup)\.js$/,
            priority: 2,
          },
          { name: 'store', test: STORE, priority: 1 },
          // What a build needs before the project's Vite and plugin are there.
          { name: 'run-build', test: /[\\/]build[\\/]run-build\.js$/, priority: -1 },
        ],
      },
    },
  })
  await rm(compiled, { recursive: true })
  await rename(bundled, compiled)
}

/** commander loads it at once, for subcommands that are programs of their own; we have none. */
function spareChildProcess() {
  const eager = "const childProcess = require('node:child_process');"
  return {
    name: 'spare-child-process',
    transform(code, id) {
      if (!/[\\/]commander[\\/]lib[\\/]command\.js$/.test(id)) return
      if (!code.includes(eager)) this.error(`${id} no longer begins as it did: see whether this is still needed`)
      return code.replace(eager, 'const childProcess = {};')
    },
  }
}

/**
 * Takes Node's modules by `process.getBuiltinModule`. An import of one makes Node touch all its exports, and those of
 * `node:crypto`, `node:util` and `node:module` load much more than we use: together half of a bare Node's start.
 * `node:crypto`, of which we use functions only, is not even loaded before the first call.
 */
function plainBuiltins() {
  // `globalThis`, since CommonJS code may have a `process` of its own.
  const take = id => `globalThis.process.getBuiltinModule(${JSON.stringify(id)})`
  const takeLazily = name => `const ${name} = (...args) => ${take('node:crypto')}.${name}(...args);`
  return {
    name: 'plain-builtins',
    renderChunk(code) {
      return code
        .replace(/^import \{ ([\w, ]+) \} from "node:crypto";$/gm, (_, names) => {
          return names.split(', ').map(takeLazily).join('\n')
        })
        .replace(/^import \{([^}]*)\} from "(node:[\w/]+)";$/gm, (_, names, id) => {
          return `const {${names.replaceAll(' as ', ': ')}} = ${take(id)};`
        })
        .replace(/^import (\w+) from "(node:[\w/]+)";$/gm, (_, name, id) => `const ${name} = ${take(id)};`)
        .replace(/\b__require\("(node:[\w/]+)"\)/g, (_, id) => take(id))
    },
  }
}
