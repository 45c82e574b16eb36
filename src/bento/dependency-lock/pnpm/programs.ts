import { readdir, readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { isObject } from '../lock-file.js'
import { storeFolder } from './reference.js'

/** Programs of a package: name to path within it, as npm's entries have them. */
export type Programs = Record<string, string>

/**
 * Reads the programs of packages from where pnpm installed them: its lock tells only that there are some, and npm links
 * none that its lock does not name, which install scripts then miss (`node-gyp-build`, `prebuild-install`).
 *
 * @param packages `name@version`, as in the lock
 * @returns those that could be read
 */
export async function installedPrograms(lockRoot: string, packages: readonly string[]): Promise<Map<string, Programs>> {
  if (packages.length === 0) return new Map()
  const store = join(lockRoot, 'node_modules', '.pnpm')
  const folders = (await readdir(store).catch(() => [])).sort()
  const found = await Promise.all(
    packages.map(async key => {
      const [name, version] = [key.slice(0, key.indexOf('@', 1)), key.slice(key.indexOf('@', 1) + 1)]
      // Those that differ in their peers alone are the same package.
      const folder = folders.find(each => each === storeFolder(key) || each.startsWith(`${storeFolder(key)}_`))
      const places = [
        ...(folder === undefined ? [] : [join(store, folder, 'node_modules', name)]),
        // `nodeLinker: hoisted`
        join(lockRoot, 'node_modules', name),
      ]
      for (const place of places) {
        const manifest = await readManifest(place)
        if (manifest?.version === version) return [key, programsOf(manifest, name)] as const
      }
      return undefined
    }),
  )
  return new Map(found.filter(each => each !== undefined))
}

async function readManifest(folder: string): Promise<Record<string, unknown> | undefined> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
    return isObject(manifest) ? manifest : undefined
  } catch {
    return undefined
  }
}

function programsOf({ bin }: Record<string, unknown>, name: string): Programs {
  const all = typeof bin === 'string' ? { [name.replace(/^@[^/]+\//, '')]: bin } : isObject(bin) ? bin : {}
  return Object.fromEntries(
    Object.entries(all).flatMap(([program, path]) =>
      typeof path === 'string' && /^[\w@.-][\w@./-]*$/.test(program) ? [[program, posix.normalize(path)]] : [],
    ),
  )
}
