// Bundles `src/runtime/` into the files that bentos carry: each one ESM file that imports Node's own modules only.
import { readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'rolldown'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Files of `src/runtime/` that become files of their own, with their names here; the rest is bundled into them. */
const ENTRIES = {
  server: 'server.js',
  'model-path': 'model-path.js',
  'metrics-page': 'bento-metrics.js',
  'apply-patches': 'apply-patches.js',
  mount: 'mount.js',
}

/** What the server loads when it is asked for, by the name that it has beside the server in a bento. */
const LAZY = ['metrics-page']

/**
 * Writes the runtime files into `outDir`, replacing what is there. The bytes depend on the sources alone: they are part
 * of every bento, whose version is its content.
 */
export async function buildRuntime(outDir) {
  await rm(outDir, { recursive: true, force: true })
  for (const [entry, file] of Object.entries(ENTRIES)) {
    await build({
      cwd: root,
      input: join(root, 'src', 'runtime', `${entry}.ts`),
      platform: 'node',
      experimental: { attachDebugInfo: 'none' },
      treeshake: { moduleSideEffects: false },
      output: {
        file: join(outDir, file),
        format: 'esm',
        codeSplitting: false,
        minify: false,
        comments: { legal: true, annotation: false, jsdoc: false },
        postBanner: chunk => notices(chunk.moduleIds ?? Object.keys(chunk.modules)),
      },
      plugins: [keepApart(), leaveOut('@opentelemetry/api'), refuseForeignImports()],
    })
  }
}

/** Leaves the import of a lazy file as it is, but for the name. */
function keepApart() {
  const names = new Map(LAZY.map(entry => [`./${entry}.js`, `./${ENTRIES[entry]}`]))
  return {
    name: 'keep-apart',
    resolveId: (id, importer) => (importer && names.has(id) ? { id: names.get(id), external: true } : null),
  }
}

/** Puts an empty module in the place of a package whose feature is not used: prom-client wants it for exemplars alone. */
function leaveOut(name) {
  return {
    name: 'leave-out',
    resolveId: id => (id === name ? `\0${name}` : null),
    load: id => (id === `\0${name}` ? 'export {}' : null),
  }
}

/** A bento has no package to resolve such an import from. */
function refuseForeignImports() {
  return {
    name: 'refuse-foreign-imports',
    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle)) {
        const foreign = [...(chunk.imports ?? []), ...(chunk.dynamicImports ?? [])].filter(
          id => !id.startsWith('node:') && !LAZY.some(entry => id === `./${ENTRIES[entry]}`),
        )
        if (foreign.length > 0) this.error(`${chunk.fileName} must stand alone, but imports ${foreign.join(', ')}`)
      }
    },
  }
}

/** Licence notices of the bundled packages, as one comment. Ids that are no paths are modules of a plugin's. */
export function notices(moduleIds) {
  const folders = moduleIds.filter(isAbsolute).map(
    id =>
      relative(root, id)
        .replaceAll('\\', '/')
        .match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//)?.[1],
  )
  const texts = [...new Set(folders)]
    .filter(Boolean)
    .sort()
    .map(folder => noticeOf(join(root, folder)))
  return texts.length === 0 ? '' : `/*!\n * Contains:\n${texts.map(comment).join('\n *\n')}\n */`
}

function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find(file => /^licen[cs]e(\.|$)/i.test(file))
  if (file === undefined) throw new Error(`${name} is bundled, but has no file that holds its licence`)
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}`
}

function comment(text) {
  return text
    .split(/\r?\n/)
    .map(line => ` * ${line.replaceAll('*/', '* /')}`.trimEnd())
    .join('\n')
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await buildRuntime(join(root, 'dist', 'runtime'))
}
