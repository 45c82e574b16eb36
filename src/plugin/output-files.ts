import { compareText } from '../core/tag.js'

/** Every file and link below a folder, as sorted POSIX paths: plugins also copy files there that the bundler knows nothing of. */
export async function filesIn(folder: string): Promise<string[]> {
  const { walkTree } = await import('../files/walk.js')
  const entries = await walkTree(folder)
  return entries
    .filter(({ kind }) => kind !== 'dir')
    .map(({ path }) => path)
    .sort(compareText)
}
