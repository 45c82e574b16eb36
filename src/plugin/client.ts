import { existsSync, statSync } from 'node:fs'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import type { ClientSnapshot } from '../bento/types.js'
import { BentoError } from '../core/errors.js'
import { compareText } from '../core/tag.js'
import { visible } from '../core/text.js'
import type { BentoContext } from './context.js'
import type { HookContext, OutputBundle, Part } from './hooks.js'
import { filesIn } from './output-files.js'
import { guarded, part } from './part.js'
import { ENVIRONMENT } from './vite-environment.js'

/** What Vite's config says of the web client, and what its build wrote. */
export interface ClientBuild {
  /** Absolute path of the folder that it is written to. */
  outDir: string
  /** Whether the folder holds nothing else, since Vite empties it. */
  emptied: boolean
  /** Absolute path of the folder whose files are copied there as they are; empty where none is. */
  publicDir: string
  base: string
  spa: boolean
  /** Absolute path of the service's own output folder. */
  serviceDir: string | undefined
  /** What the bundler wrote; undefined until it has begun. */
  written?: Promise<Set<string> | undefined>
}

interface ResolvedConfig {
  root: string
  base: string
  appType: string
  publicDir: string
  environments: Record<string, { build: { outDir: string; emptyOutDir?: boolean | null; copyPublicDir?: boolean } }>
}

/** Watches what the environment `client` builds. */
export function clientBuild(context: BentoContext): Part {
  let files = new Set<string>()
  let finish: (files: Set<string> | undefined) => void = () => {}
  const isClient = (hook: HookContext) => hook.environment?.name === 'client' && context.client !== undefined

  return part('client', {
    apply: (_config: unknown, { command, isPreview }: { command: string; isPreview?: boolean }) =>
      command === 'build' || isPreview === true,

    configResolved(config: ResolvedConfig): void {
      const { client: { build } = {}, [ENVIRONMENT]: service } = config.environments
      if (build === undefined) return
      const outDir = resolve(config.root, build.outDir)
      context.client = {
        ...context.client,
        outDir,
        emptied: build.emptyOutDir ?? isBelow(config.root, outDir),
        publicDir: build.copyPublicDir === false ? '' : config.publicDir,
        base: basePath(config.base),
        spa: config.appType === 'spa',
        serviceDir: service && resolve(config.root, service.build.outDir),
      }
    },

    buildStart: guarded(function (this: HookContext): void {
      if (!isClient(this) || context.client === undefined) return
      refuseNesting(context)
      files = new Set()
      context.client.written = new Promise(resolve => {
        finish = resolve
      })
    }),

    buildEnd(this: HookContext, error?: Error): void {
      if (isClient(this) && error !== undefined) finish(undefined)
    },

    renderError(this: HookContext): void {
      if (isClient(this)) finish(undefined)
    },

    writeBundle: {
      order: 'post',
      sequential: true,
      handler(this: HookContext, _output: unknown, bundle: OutputBundle): void {
        if (!isClient(this)) return
        for (const name of Object.keys(bundle)) files.add(name)
        finish(files)
      },
    },

    closeBundle(this: HookContext): void {
      // Of a build that failed in yet another way.
      if (isClient(this)) finish(undefined)
    },
  })
}

/** Vite writes the client first: emptying the service's folder would take it away again. */
function refuseNesting({ client, options }: BentoContext): void {
  const { outDir = '', serviceDir } = client ?? {}
  if (options.client === false || serviceDir === undefined) return
  if (outDir !== serviceDir && !isBelow(serviceDir, outDir)) return
  throw new BentoError(
    'OUTPUT_CONFLICT',
    `The output folder of the service, ${visible(serviceDir)}, holds that of the client, ${visible(outDir)}.`,
    { hint: 'Give each its own: environments.client.build.outDir and environments.bento.build.outDir.' },
  )
}

/**
 * The web client that goes into the bento: the folder that the option names, else what Vite built, else its public folder.
 *
 * @param serviceDir the service's own output folder; what lies in it is no part of the client
 * @throws `CLIENT_NOT_FOUND` where the option names no folder, or the client's build failed
 */
export async function clientOf(context: BentoContext, serviceDir: string): Promise<ClientSnapshot | undefined> {
  const { options, client } = context
  if (options.client === false) return undefined
  const folder = options.client === undefined ? client?.outDir : resolve(context.root, options.client)
  if (client?.written !== undefined && folder === client.outDir) return built(client, await client.written, serviceDir)
  if (options.client === undefined) return publicFiles(context, serviceDir)
  return folder === undefined ? undefined : named(folder, serviceDir, client)
}

/** Without a client, the public folder alone: Vite's development server serves it before the handler as well. */
async function publicFiles(
  { client, environment, mode }: BentoContext,
  serviceDir: string,
): Promise<ClientSnapshot | undefined> {
  if (client === undefined || client.publicDir === '' || environment !== ENVIRONMENT || mode !== 'handler')
    return undefined
  const files = await filesOf(client.publicDir, serviceDir)
  return files.length === 0 ? undefined : { folder: client.publicDir, files, hashed: [], base: client.base, spa: false }
}

/** The client that this build made. */
async function built(
  client: ClientBuild,
  written: ReadonlySet<string> | undefined,
  serviceDir: string,
): Promise<ClientSnapshot> {
  if (written === undefined) {
    throw new BentoError('CLIENT_NOT_FOUND', "The client's build failed, so there is no client for the bento.", {
      hint: 'Mend it, or leave the client out: bento({ client: false }).',
    })
  }
  const { outDir, emptied, base, spa } = client
  const copied = await copiedFiles(client)
  const files = emptied ? await filesOf(outDir, serviceDir) : [...new Set([...written, ...copied])].sort(compareText)
  // A file of the public folder keeps its name, whatever that looks like.
  const hashed = files.filter(file => written.has(file) && !copied.includes(file) && looksHashed(file))
  return { folder: outDir, files, hashed, base, spa }
}

/**
 * The client that an earlier build made, or that the option names: for `vite preview`.
 *
 * @throws `CLIENT_NOT_FOUND`, `OUTPUT_CONFLICT`
 */
export async function previewedClient(context: BentoContext, serviceDir: string): Promise<ClientSnapshot | undefined> {
  const { options, client, root } = context
  if (options.client === false) return undefined
  if (options.client !== undefined) return named(resolve(root, options.client), serviceDir, client)
  if (client === undefined || client.outDir === serviceDir) return undefined
  if (!existsSync(client.outDir)) return publicFiles(context, serviceDir)
  const [found, copied] = await Promise.all([named(client.outDir, serviceDir, client), copiedFiles(client)])
  return { ...found, hashed: found.hashed.filter(file => !copied.includes(file)) }
}

/** A folder that the option names, whatever made it. */
async function named(folder: string, serviceDir: string, config: ClientBuild | undefined): Promise<ClientSnapshot> {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new BentoError('CLIENT_NOT_FOUND', `The option client names ${visible(folder)}, which is no folder.`, {
      hint: 'Build the client before the service, or correct the path; client: false leaves it out.',
      details: { client: folder },
    })
  }
  if (folder === serviceDir) {
    throw new BentoError('OUTPUT_CONFLICT', `The option client names the service's own folder, ${visible(folder)}.`, {
      hint: 'The code of the service would be served to everyone: let the client be written to another folder.',
    })
  }
  const files = await filesOf(folder, serviceDir)
  const pages = files.filter(file => file.endsWith('.html'))
  return {
    folder,
    files,
    hashed: files.filter(looksHashed),
    base: config?.base ?? '/',
    // Without Vite's `appType` its files tell: one page finds all ways by itself.
    spa: config?.spa ?? (pages.length === 1 && pages[0] === 'index.html'),
  }
}

async function copiedFiles({ publicDir }: ClientBuild): Promise<string[]> {
  return publicDir === '' ? [] : filesOf(publicDir)
}

/** @param serviceDir a folder to leave out */
async function filesOf(folder: string, serviceDir = folder): Promise<string[]> {
  if (!existsSync(folder)) return []
  const own = isBelow(folder, serviceDir) ? `${relative(folder, serviceDir).replaceAll(sep, '/')}/` : undefined
  return (await filesIn(folder)).filter(path => own === undefined || !path.startsWith(own))
}

/**
 * Whether a name ends in a hash as bundlers write them: eight characters of base64url (`index-Bx3_k9aQ.js`), or eight and more
 * of hex. Words and dates are told from them by their letters: a word has a capital at most in front, a date none.
 */
function looksHashed(file: string): boolean {
  const [, base64] = /[-.]([\w-]{8})(?:\.[a-z0-9]+)+$/i.exec(file) ?? []
  if (base64 !== undefined && /.[A-Z]|[0-9_]/.test(base64) && /[a-z]/i.test(base64)) return true
  const [, hex] = /[-.]([0-9a-f]{8,64})(?:\.[a-z0-9]+)+$/.exec(file) ?? []
  return hex !== undefined && /[0-9]/.test(hex) && /[a-f]/.test(hex)
}

/** The path of Vite's `base`: a client on another host, or with relative links, is at home everywhere. */
function basePath(base: string): string {
  return base.startsWith('/') && !base.startsWith('//') ? base.replace(/\/?$/, '/') : '/'
}

function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}
