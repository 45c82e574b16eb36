import { basename, dirname, resolve } from 'node:path'
import { isEsModule } from './commonjs.js'
import type { BentoContext } from './context.js'
import type { HookContext, OutputOptions, Part } from './hooks.js'
import { OwnFileEmitter, pathOf } from './own-file-emitter.js'
import { findOwnPlaces, MAY_NAME_PLACES, type OwnPlace } from './own-places.js'
import { parseModule } from './parse-module.js'
import { fileOf, guarded, part } from './part.js'
import { childrenOf, type Node } from './syntax.js'

interface Transformed {
  code: string
  map: unknown
}

/** What CommonJS asks for the path of an emitted file. */
const FILE_ID = /^virtual:bento\/file\//
const RESOLVED_FILE_ID = /^\0virtual:bento\/file\/([\w$]+)\.js$/

interface FileUrl {
  referenceId: string
  relativePath: string
  format: string
}

/**
 * Brings along the files that modules name by where they lie themselves, and makes the emitted code look where they
 * went. No bundler does so for a server: the code would look beside the chunk that a module ended up in.
 *
 * After all other plugins, so that TypeScript is gone where the bundler's parser knows JavaScript only.
 */
export function ownFiles(context: BentoContext): Part {
  return part('own-files', {
    enforce: 'post',
    transform: {
      order: 'post',
      filter: { code: MAY_NAME_PLACES },
      handler: guarded(async function (this: HookContext, code: string, id: string): Promise<Transformed | undefined> {
        const file = fileOf(id)
        if (!context.isPackaged(this.environment) || file === undefined || !MAY_NAME_PLACES.test(code)) return undefined
        const program = parseModule(this, code, id)
        if (program === undefined) return undefined
        const isCommonJs = this.meta.rolldownVersion !== undefined && !isModule(program)
        const emitter = new OwnFileEmitter(context, this, file, isCommonJs)
        return rewrite(code, findOwnPlaces(program, basename(file)), emitter)
      }),
    },

    resolveId: {
      order: 'pre',
      filter: { id: FILE_ID },
      handler: (id: string): string | undefined => (FILE_ID.test(id) ? `\0${id}.js` : undefined),
    },

    load: {
      filter: { id: RESOLVED_FILE_ID },
      handler(id: string): { code: string; moduleType: 'js' } | undefined {
        const reference = RESOLVED_FILE_ID.exec(id)?.[1]
        if (reference === undefined) return undefined
        return { code: `export default ${pathOf(reference)}\n`, moduleType: 'js' }
      },
    },

    resolveFileUrl: {
      // Vite's own answer is a path of the web.
      order: 'pre',
      handler(this: HookContext, { referenceId, relativePath, format }: FileUrl): string | undefined {
        if (!context.ownFiles.has(referenceId) || !isEsModule({ format })) return undefined
        const path = relativePath.replace(/[%#?]/g, encodeURIComponent)
        return `new URL(${JSON.stringify(path)}, import.meta.url).href`
      },
    },

    writeBundle: {
      order: 'pre',
      async handler(this: HookContext, output: OutputOptions): Promise<void> {
        if (!context.isPackaged(this.environment)) return
        const { chmod } = await import('node:fs/promises')
        const folder = resolve(context.root, output.dir ?? dirname(output.file ?? '.'))
        for (const [reference, { executable }] of context.ownFiles) {
          const name = executable ? nameOf(this, reference) : undefined
          if (name !== undefined) await chmod(resolve(folder, name), 0o755)
        }
      },
    },
  })
}

async function rewrite(
  code: string,
  places: readonly OwnPlace[],
  emitter: OwnFileEmitter,
): Promise<Transformed | undefined> {
  const { default: MagicString } = await import('magic-string')
  const edited = new MagicString(code)
  let done = 0
  for (const place of places) {
    // Outermost first: what lies in one that was rewritten is gone.
    if (place.isName || place.start < done) continue
    const expression = await emitter.emit(place)
    if (expression === undefined) continue
    edited.overwrite(place.start, place.end, expression)
    done = place.end
  }
  return done === 0 ? undefined : { code: edited.toString(), map: edited.generateMap({ hires: 'boundary' }) }
}

/** Undefined for what an earlier build emitted, and this one no more. */
function nameOf(hook: HookContext, reference: string): string | undefined {
  try {
    return hook.getFileName(reference)
  } catch {
    return undefined
  }
}

/** Whether a module has the syntax of ES modules: without it, bundlers take it for CommonJS. */
function isModule(node: Node): boolean {
  return /^(?:Import|Export)\w*Declaration$|^MetaProperty$/.test(node.type) || [...childrenOf(node)].some(isModule)
}
