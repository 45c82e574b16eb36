import { realpath } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'

/** Where something is, or would be, once all links in what of its path is there are followed. */
export async function realPlace(path: string): Promise<string> {
  const real = await realpath(path).catch(() => undefined)
  if (real !== undefined) return real
  const parent = dirname(path)
  return parent === path ? path : join(await realPlace(parent), basename(path))
}

/** Whether `inner` is `outer` or lies in it; both as {@link realPlace} gives them. */
export function holds(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : outer + sep)
}
