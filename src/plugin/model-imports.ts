import { relative } from 'node:path'
import { BentoError, isBentoError } from '../core/errors.js'
import { visible } from '../core/text.js'
import type { Model } from '../store/index.js'
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
      filter: { id: /^(?:virtual:bento\/|node:)/ },
      handler: guarded(async function (
        this: HookContext,
        id: string,
        importer: string | undefined,
        options?: { scan?: boolean },
      ): Promise<string | { id: string; external: true } | undefined> {
        // Rollup alone knows no module of Node, and would warn of those that our own code imports.
        if (id.startsWith('node:')) return importer === RUNTIME_ID ? { id, external: true } : undefined
        if (id === RUNTIME_IMPORT) return RUNTIME_ID
        if (!MODEL_IMPORT.test(id)) return undefined
        const request = id.slice(MODEL_PREFIX.length)
        // Vite's dependency scan reads client code before it is asked for: the error belongs to the real import.
        if (isClient(this) && !context.underVitest && options?.scan !== true) throw inClient(context, id, importer)
        // A build fails here rather than in `load`, where Rollup puts words of its own before ours.
        if (!isDev(this)) await resolveFor(context, request, importer)
        else if (importer !== undefined) importers.set(request, importer)
        return modelId(request)
      }),
    },

    load: {
      filter: { id: /^\0virtual:bento\// },
      handler: guarded(async function (this: HookContext, id: string): Promise<Loaded | undefined> {
        if (id === RUNTIME_ID) return { code: await runtimeModule(), moduleType: 'js' }
        const request = RESOLVED_MODEL.test(id) ? requestOf(id) : undefined
        if (request === undefined) return undefined
        if (isDev(this)) await context.followModel(request)
        const model = await resolveFor(context, request, importers.get(request))
        return { code: isDev(this) ? devModule(model) : builtModule(model), moduleType: 'js' }
      }),
    },
  })
}

async function resolveFor(context: BentoContext, request: string, importer: string | undefined): Promise<Model> {
  try {
    return await context.models.resolve(request)
  } catch (error) {
    if (!isBentoError(error)) throw error
    const who = importer === undefined ? 'Somebody' : shown(context, importer)
    throw inContext(error, `${who} imports ${visible(MODEL_PREFIX + request)}`)
  }
}

/** Vite's development server, and Vitest's. */
function isDev(hook: HookContext): boolean {
  return hook.environment !== undefined && hook.environment.mode !== 'build'
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
