import { existsSync, readFileSync } from 'node:fs'
import { dirname, extname, isAbsolute, join } from 'node:path'
import type { BentoContext } from './context.js'
import { packageOf } from './externals.js'
import type { HookContext, Part } from './hooks.js'
import { guarded, part } from './part.js'

/** A name of a package and perhaps a path below it: neither a path nor a scheme. */
const BARE = /^(?!\w+:)[\w@]/

/**
 * Keeps the packages outside that a package of the workspace imports, as Vite does for the project's own. Vite asks only
 * whether they can be found from its root: under pnpm, and wherever npm had to nest, they can't, and then Vite takes
 * them in without a word (rolldown#10643), natives' helpers and all. Here the importer's own folder counts; the lock is
 * then followed from there as well.
 */
export function workspaceExternals(context: BentoContext): Part {
  const folders = new Map<string, string | undefined>()
  const roots = new Map<string, string>()
  // Finding a project reads its package.json.
  const ownRoot = () => {
    const known = roots.get(context.service) ?? context.project.root
    roots.set(context.service, known)
    return known
  }
  return part('workspace-externals', {
    // After aliases, before Vite resolves.
    enforce: 'pre',
    resolveId: {
      filter: { id: BARE },
      handler: guarded(async function (this: HookContext, id: string, importer: string | undefined) {
        if (!BARE.test(id) || importer === undefined || !context.isPackaged(this.environment)) return undefined
        const name = packageOf(id)
        const file = importer.replace(/[?#].*$/s, '')
        if (name === undefined || !isAbsolute(file) || isInstalled(file)) return undefined
        if (packageFolder(dirname(file), folders) === ownRoot()) return undefined
        if (staysInside(this.environment?.config.resolve?.noExternal, name)) return undefined
        const resolved = await this.resolve(id, importer, { skipSelf: true })
        if (resolved === null || resolved.external) return resolved ?? undefined
        const path = resolved.id.replace(/[?#].*$/s, '')
        // What Node can't load as it is stays the bundler's work, as with Vite.
        if (!isAbsolute(path) || !isInstalled(path) || !/^(?:\.[mc]?js)?$/.test(extname(path))) return resolved
        return { id: loadable(id, name, path), external: true }
      }),
    },
  })
}

function isInstalled(path: string): boolean {
  return /[\\/]node_modules[\\/]/.test(path)
}

/** The folder of the package that a folder belongs to. */
function packageFolder(folder: string, known: Map<string, string | undefined>): string | undefined {
  if (known.has(folder)) return known.get(folder)
  const above = dirname(folder)
  const found = existsSync(join(folder, 'package.json'))
    ? folder
    : above === folder
      ? undefined
      : packageFolder(above, known)
  known.set(folder, found)
  return found
}

/** Whether the user asked for a package to be bundled: `true`, names with `*`, patterns. */
function staysInside(noExternal: unknown, name: string): boolean {
  if (noExternal === true) return true
  return [noExternal].flat().some(item => {
    if (item instanceof RegExp) return new RegExp(item.source, item.flags.replace(/[gy]/g, '')).test(name)
    if (typeof item !== 'string') return false
    const shape = item.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, stars => (stars === '*' ? '[^/]*' : '.*'))
    return new RegExp(`^${shape}$`).test(name)
  })
}

/** `pkg/sub` as Node finds it: without `exports` in its package.json it completes neither extensions nor folders. */
function loadable(id: string, name: string, path: string): string {
  if (id === name) return id
  const posix = path.replaceAll('\\', '/')
  const at = posix.lastIndexOf(`/node_modules/${name}/`)
  if (at === -1) return id
  const inside = posix.slice(at + '/node_modules/'.length)
  const manifest = join(path.slice(0, at), 'node_modules', name, 'package.json')
  return inside.startsWith(id) && !hasExports(manifest) ? inside : id
}

function hasExports(manifest: string): boolean {
  try {
    return JSON.parse(readFileSync(manifest, 'utf8')).exports !== undefined
  } catch {
    return true
  }
}
