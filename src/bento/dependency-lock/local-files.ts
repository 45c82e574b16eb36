import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { compareText } from '../../core/tag.js'
import { isSecretPath } from '../secrets.js'
import { readIfThere } from './find-lock.js'

/** Never part of a package, wherever they lie. */
const LEFT_OUT =
  /^(?:node_modules|\.git|\.hg|\.svn|\.cache|\.turbo|\.nyc_output|coverage|package-lock\.json|npm-shrinkwrap\.json|npm-debug\.log|\.DS_Store|\.npmignore|\.gitignore)$/

/**
 * The files of a local package that travel with the bento, sorted POSIX paths; package.json is not among them, nor are
 * secrets.
 *
 * What `npm pack` would pack, by npm's own list, where the package says what that is: by `files` in its package.json or a
 * `.npmignore`. Else all of the folder but installed packages, repositories and caches: there npm goes by `.gitignore`,
 * which mostly names the very `dist` that run time needs.
 */
export async function localFiles(folder: string, packageJson: Record<string, unknown>): Promise<string[]> {
  const isSaid = Array.isArray(packageJson.files) || (await readIfThere(join(folder, '.npmignore'))) !== undefined
  const found = isSaid ? await packedFiles(folder, packageJson) : await filesIn(folder)
  return found.filter(path => path !== 'package.json' && !isSecretPath(path)).sort(compareText)
}

/** `npm-packlist` wants a node of arborist's tree; what is bundled (`bundleDependencies`) the bento's lock has instead. */
async function packedFiles(folder: string, packageJson: Record<string, unknown>): Promise<string[]> {
  // @ts-expect-error: the package has no types
  const { default: packlist } = (await import('npm-packlist')) as {
    default: (tree: object) => Promise<string[]>
  }
  return packlist({ path: folder, package: packageJson, isProjectRoot: true, edgesOut: new Map() })
}

async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = []
  const visit = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (LEFT_OUT.test(entry.name)) continue
      if (entry.isDirectory()) await visit(path)
      else if (entry.isFile()) found.push(path)
    }
  }
  await visit('')
  return found
}
