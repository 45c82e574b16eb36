import { dirname, posix, resolve } from 'node:path'
import { BentoError } from '../core/errors.js'
import { visible } from '../core/text.js'
import { type ChunkScan, scanChunk } from './chunk-scan.js'
import { isEsModule } from './commonjs.js'
import type { BentoContext, Gathered } from './context.js'
import { findExternals } from './externals.js'
import type { HookContext, OutputBundle, OutputChunk, OutputOptions, Part } from './hooks.js'
import { requestOf } from './model-ids.js'
import { guarded, part } from './part.js'
import { exportedOpenApi } from './service-openapi.js'
import type { Node } from './syntax.js'
import { traceFiles } from './trace.js'

/** Code without any of these loads nothing by name. */
const MAY_LOAD = /\b(?:import|export|require|createRequire)\b/

/** Gathers what the emitted chunks are and need, after every other plugin had its hand in them. */
export function collect(context: BentoContext): Part {
  return part('collect', {
    renderStart: {
      order: 'post',
      handler: guarded(function (this: HookContext): void {
        if (!context.isPackaged(this.environment)) return
        const { build } = context
        build.begun++
        if (build.begun - build.written > 1 || build.written > 0) throw twoOutputs(context)
      }),
    },

    renderError(this: HookContext): void {
      if (context.isPackaged(this.environment)) context.build.failed = true
    },

    generateBundle: {
      order: 'post',
      handler: guarded(async function (
        this: HookContext,
        output: OutputOptions,
        bundle: OutputBundle,
        isWrite: boolean,
      ): Promise<void> {
        if (!context.isPackaged(this.environment)) return
        if (!isWrite) {
          // `bundle.generate()` leaves nothing on disk to package.
          context.build.begun--
          return
        }
        context.build.gathered = await gather(context, this, output, bundle)
      }),
    },

    writeBundle: {
      order: 'post',
      sequential: true,
      handler(this: HookContext, _output: OutputOptions, bundle: OutputBundle): void {
        const { gathered } = context.build
        if (!context.isPackaged(this.environment) || gathered === undefined) return
        gathered.files = Object.keys(bundle).sort()
        context.build.written++
      },
    },
  })
}

async function gather(
  context: BentoContext,
  hook: HookContext,
  output: OutputOptions,
  bundle: OutputBundle,
): Promise<Gathered> {
  const chunks = Object.values(bundle).filter(file => file.type === 'chunk')
  const entry = entryOf(context, chunks)
  refuseFormat(output, entry)
  const scans = new Map<string, ChunkScan>()
  for (const { fileName, code } of chunks) {
    if (MAY_LOAD.test(code)) scans.set(fileName, scanChunk(hook.parse(code) as Node))
  }
  const { packages, foreign } = findExternals(hook, bundle, scans)
  if (foreign.length > 0) throw foreignImports(foreign)
  const traced = context.options.trace ? await traceFiles(context, hook, chunks) : []
  const files = new Set([...Object.keys(bundle), ...traced.map(({ to }) => to)])
  for (const missing of missingFiles(files, scans)) hook.warn(missing)
  return {
    outDir: resolve(context.root, output.dir ?? dirname(output.file ?? '.')),
    files: [],
    entry: entry.fileName,
    entryIsImported: chunks.some(chunk => [...chunk.imports, ...chunk.dynamicImports].includes(entry.fileName)),
    externals: packages,
    traced,
    requests: [...hook.getModuleIds()].flatMap(id => requestOf(id) ?? []).sort(),
    openapi: exportedOpenApi(context, hook, entry),
    bundler: bundlerOf(hook),
  }
}

/**
 * Files that emitted code loads by a relative path, but that the build did not emit: bundlers do not follow
 * `createRequire(…)('./data.json')`, and on a server not `new URL('./worker.js', import.meta.url)` either.
 */
function missingFiles(emitted: ReadonlySet<string>, scans: ReadonlyMap<string, ChunkScan>): string[] {
  return [...scans].flatMap(([fileName, { imports, files }]) => {
    const modules = imports
      .filter(({ specifier, inTry }) => /^\.{1,2}\//.test(specifier) && !inTry)
      .map(({ specifier }) => specifier)
    const emits = (specifier: string) => {
      const path = posix.join(posix.dirname(fileName), specifier.replace(/[?#].*$/s, ''))
      return ['', '.js', '.json', '.node'].some(extension => emitted.has(path + extension))
    }
    return [...new Set([...modules, ...files.filter(isFilePath)])]
      .filter(specifier => !emits(specifier))
      .map(specifier => {
        const name = visible(specifier)
        return `${visible(fileName)} loads "${name}" at run time, which the build does not emit. Import it, or let a plugin emit it.`
      })
  })
}

/** Neither a folder (`.`, `../public/`), nor a URL of its own, nor an absolute path. */
function isFilePath(url: string): boolean {
  return !/^[a-z][a-z+.-]*:|^\/|(?:^|\/)\.{0,2}$/i.test(url)
}

function entryOf(context: BentoContext, chunks: readonly OutputChunk[]): OutputChunk {
  const entries = chunks.filter(chunk => chunk.isEntry)
  const entry = entries.find(chunk => chunk.facadeModuleId !== null && context.isService(chunk.facadeModuleId))
  if (entry !== undefined) return entry
  const names = entries.map(chunk => visible(chunk.facadeModuleId?.replace(/^\0/, '') ?? chunk.fileName))
  throw new BentoError(
    'SERVICE_NOT_FOUND',
    `The build has no entry ${context.service}; its entries are: ${names.join(', ') || 'none'}.`,
    { hint: "Make the service an entry of the build, or name one of the build's entries in the option service." },
  )
}

/** `src/package.json` of a bento says `type: module`, so that a `.js` file in another format would not load. */
function refuseFormat(output: OutputOptions, entry: OutputChunk): void {
  if (isEsModule(output) || (['cjs', 'commonjs'].includes(output.format ?? '') && entry.fileName.endsWith('.cjs')))
    return
  throw new BentoError(
    'SERVICE_UNSUPPORTED',
    `The service is emitted as ${entry.fileName} in the format ${output.format}, which a bento cannot start.`,
    { hint: "Set output.format to 'es'; with 'cjs', the files' names must end in .cjs." },
  )
}

function foreignImports(foreign: readonly string[]): BentoError {
  const names = foreign.map(name => `"${visible(name)}"`).join(', ')
  return new BentoError('SERVICE_UNSUPPORTED', `The bundle imports what no package can provide: ${names}.`, {
    hint: 'Bundle these modules: take them out of the option external, and name files by relative paths.',
  })
}

function twoOutputs(context: BentoContext): BentoError {
  return new BentoError('OUTPUT_CONFLICT', `The build writes the service ${context.service} more than once.`, {
    hint: 'A bento holds one output of one service: keep a single entry in output, or use bento() in one config only.',
  })
}

function bundlerOf({ meta }: HookContext): string {
  if (meta.viteVersion !== undefined) return `vite ${meta.viteVersion}`
  // Rolldown pretends to be a Rollup of some age as well.
  return meta.rolldownVersion === undefined ? `rollup ${meta.rollupVersion}` : `rolldown ${meta.rolldownVersion}`
}
