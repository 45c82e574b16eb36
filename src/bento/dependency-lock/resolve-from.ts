/**
 * Where Node finds a package from a location: `<location>/node_modules/<name>`, else the same one folder up.
 * `has` tells which locations exist.
 */
export function resolveFrom(has: (location: string) => boolean, location: string, name: string): string | undefined {
  for (let dir: string | undefined = location; dir !== undefined; dir = folderAbove(dir)) {
    if (dir.endsWith('node_modules')) continue
    const candidate = dir === '' ? `node_modules/${name}` : `${dir}/node_modules/${name}`
    if (has(candidate)) return candidate
  }
  return undefined
}

/** The folder that holds a location, undefined above the lock's root and outside of it. */
export function folderAbove(dir: string): string | undefined {
  // Above a folder outside the lock's root there is nothing that the lock knows.
  if (dir === '' || dir === '..' || dir.endsWith('/..')) return undefined
  const end = dir.lastIndexOf('/')
  return end === -1 ? '' : dir.slice(0, end)
}
