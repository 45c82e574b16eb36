import { readlink, realpath } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { BentoError } from '../core/errors.js'
import { visible } from '../core/text.js'
import { holds } from '../files/place.js'

/** A link of the project that goes along as one. */
export interface IncludedLink {
  /** POSIX path relative to the project's root. */
  path: string
  /** What it points at, relative to its folder, POSIX. */
  target: string
}

/**
 * Reads links of the project. Those that stay inside are kept, absolute ones made relative.
 *
 * @throws `SERVICE_UNSUPPORTED` naming all that lead outside, also through other links (CVE-2026-40610: BentoML copied
 * what such links point at)
 */
export async function readLinks(projectRoot: string, paths: readonly string[]): Promise<IncludedLink[]> {
  const root = await realpath(projectRoot)
  const links: IncludedLink[] = []
  const outside: string[] = []
  for (const path of paths) {
    const folder = await realpath(dirname(join(root, path)))
    const text = await readlink(join(root, path))
    const place = resolve(folder, text)
    const end = await realpath(place).catch(() => place)
    if (holds(root, place) && holds(root, end)) links.push({ path, target: posix(relative(folder, place)) || '.' })
    else outside.push(`${visible(path)} -> ${visible(text)}`)
  }
  if (outside.length > 0) throw unsupported('that lead out of the project', outside)
  return links
}

/**
 * Makes sure that links lead to something that goes along.
 *
 * @param places all that goes along, paths relative to the project's root
 * @throws `SERVICE_UNSUPPORTED` naming all that do not
 */
export function refuseBroken(links: readonly IncludedLink[], places: readonly string[]): void {
  const known = new Set(places.flatMap(path => [path, ...foldersOf(path)]))
  const broken = links.flatMap(({ path, target }) => {
    const end = posix(join(dirname(path), target)).replace(/\/$/, '')
    return known.has(end) || end === '.' ? [] : [`${visible(path)} -> ${visible(end)}`]
  })
  if (broken.length > 0) throw unsupported('to what does not go along', broken)
}

function unsupported(what: string, links: string[]): BentoError {
  return new BentoError('SERVICE_UNSUPPORTED', `The option include brings links ${what}: ${links.join(', ')}.`, {
    hint: 'A bento must be whole by itself: include what they lead to, copy it, or exclude the links.',
    details: { links },
  })
}

function foldersOf(path: string): string[] {
  const names = path.split('/').slice(0, -1)
  return names.map((_, index) => names.slice(0, index + 1).join('/'))
}

function posix(path: string): string {
  return path.split(sep).join('/')
}
