import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SERVER, SERVICE } from '../bento/layout.js'
import { BentoError } from '../core/errors.js'
import { visible } from '../core/text.js'
import { previewedClient } from './client.js'
import type { BentoContext } from './context.js'
import type { Part } from './hooks.js'
import { beforeBase, type Middleware, type Middlewares } from './middlewares.js'
import { part, readable } from './part.js'
import { loadRuntime } from './runtime.js'
import { setRuntimeEnvs } from './runtime-envs.js'
import { ENVIRONMENT } from './vite-environment.js'

/** The part of Vite's preview server that is used here. */
interface VitePreviewServer {
  config: {
    root: string
    build: { outDir: string }
    environments: Record<string, { build: { outDir: string } }>
    logger: { warn(message: string): void; error(message: string, options?: object): void }
  }
  middlewares: Middlewares
}

/**
 * `vite preview`: runs the built service, with the built client before it, as the bento would. Behind the user's proxy, but
 * before Vite's own middlewares: those would answer differently.
 */
export function previewServer(context: BentoContext): Part {
  return part('preview-server', {
    async configurePreviewServer(server: VitePreviewServer): Promise<(() => void) | undefined> {
      try {
        const answer = await middleware(context, server)
        return answer && (() => place(server.middlewares, answer))
      } catch (error) {
        throw readable(error)
      }
    },
  })
}

async function middleware(context: BentoContext, { config }: VitePreviewServer): Promise<Middleware | undefined> {
  const { root, logger } = config
  const folder = resolve(root, (config.environments[ENVIRONMENT] ?? config).build.outDir)
  const file = join(folder, SERVICE)
  if (!existsSync(file)) {
    if (!existsSync(join(folder, SERVER))) throw notBuilt(folder)
    logger.warn(`The service starts its own server: run node ${visible(join(folder, SERVER))} beside the preview.`)
    return undefined
  }
  context.mode = 'handler'
  setRuntimeEnvs(context.options.envs)
  // Where the bundle looks for its models.
  if (context.home !== undefined) process.env.BENTOML_HOME ??= context.home
  const { ClientFiles, clientFirst, mount } = await loadRuntime()
  const found = await previewedClient(context, folder)
  const client = found && new ClientFiles({ ...found, folder: pathToFileURL(`${found.folder}/`) })
  const service = await mount(() => import(pathToFileURL(file).href))
  return async (request, response) => {
    const ask = async () => {
      try {
        await service.handle(request, response)
      } catch (error) {
        logger.error(error instanceof Error ? `${error.stack}` : String(error), { timestamp: true, error })
        if (response.headersSent) response.destroy()
        else response.writeHead(500).end('Internal Server Error')
      }
    }
    if (client === undefined) await ask()
    else clientFirst(client, request, response, ask)
  }
}

function place(middlewares: Middlewares, answer: Middleware): void {
  const isPlaced = ['viteBaseMiddleware', 'viteAssetMiddleware'].some(name => beforeBase(middlewares, answer, name))
  if (!isPlaced) middlewares.use(answer)
}

function notBuilt(folder: string): BentoError {
  return new BentoError('SERVICE_NOT_FOUND', `There is no built service in ${visible(folder)}.`, {
    hint: `Run vite build first. (The preview looks for ${SERVICE} there, or ${SERVER} of a program.)`,
  })
}
