import { relative } from 'node:path'
import { BentoError, isBentoError } from '../core/errors.js'
import { visible } from '../core/text.js'
import type { BentoContext } from './context.js'
import type { HookContext, Part } from './hooks.js'
import {
  MODEL_IMPORT,
  MODEL_PREFIX,
  modelId,
  RESOLVED_MODEL,
  RUNTIME_ID,
  RUNTIME_IMPORT,
  requestOf,
} from './model-ids.js'
import { builtModule, devModule, runtimeModule } from './model-module.js'
import { inContext } from './model-requests.js'
import { guarded, part } from './part.js'

/** What a hook that loads code returns. Without `moduleType` Rolldown would judge by the id's extension. */
interface Loaded {
  code: string
  moduleType: 'js'
}

/** Resolves and loads `virtual:bento/model/<request>`. */
export function modelImports(context: BentoContext): Part {
  const importers = new Map<string, string>()

  return part('model-imports', {
    resolveId: {
      order: 'pre',
      filter: { id: /^virtual:bento\// },
      handler: guarded(function (
        this: HookContext,
        id: string,
        importer: string | undefined,
        options?: { scan?: boolean },
      ): string | undefined {
        if (id === RUNTIME_IMPORT) return RUNTIME_ID
        if (!MODEL_IMPORT.test(id)) return undefined
        const request = id.slice(MODEL_PREFIX.length)
        // Vite's dependency scan reads client code before it is asked for: the error belongs to the real import.
        if (isClient(this) && !context.underVitest && options?.scan !== true) throw inClient(context, id, importer)
        if (importer !== undefined && !importers.has(request)) importers.set(request, importer)
        return modelId(request)
      }),
    },

    load: {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: virtual ids begin with NUL.
      filter: { id: /^\0virtual:bento\// },
      handler: guarded(async function (this: HookContext, id: string): Promise<Loaded | undefined> {
        if (id === RUNTIME_ID) return { code: await runtimeModule(), moduleType: 'js' }
        const request = RESOLVED_MODEL.test(id) ? requestOf(id) : undefined
        if (request === undefined) return undefined
        const dev = this.environment !== undefined && this.environment.mode !== 'build'
        try {
          if (dev) await context.followModel(request)
          const model = await context.models.resolve(request)
          return { code: dev ? devModule(model) : builtModule(model), moduleType: 'js' }
        } catch (error) {
          if (!isBentoError(error)) throw error
          const importer = importers.get(request)
          const who = importer === undefined ? 'Somebody' : shown(context, importer)
          throw inContext(error, `${who} imports ${visible(MODEL_PREFIX + request)}`)
        }
      }),
    },
  })
}

function isClient(hook: HookContext): boolean {
  return hook.environment?.config.consumer === 'client'
}

function inClient(context: BentoContext, id: string, importer: string | undefined): BentoError {
  const who = importer === undefined ? 'Client code' : `${shown(context, importer)} is client code and`
  return new BentoError('MODEL_IN_CLIENT', `${who} imports ${visible(id)}, but models are files on the server.`, {
    hint: 'Import the model in the service, and let the client ask the service over HTTP.',
  })
}

function shown(context: BentoContext, importer: string): string {
  const path = importer.replace(/^\0/, '').replace(/\?.*$/s, '')
  const below = relative(context.root, path).replaceAll('\\', '/')
  return visible(below.startsWith('../') ? path : below)
}
