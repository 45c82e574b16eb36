import { join, relative, resolve, sep } from 'node:path'
import { BentoError } from '../core/errors.js'
import { visible } from '../core/text.js'
import { hashFile } from '../files/hash.js'
import type { Selection } from '../files/select.js'
import type { ForeignFile } from './emitted-files.js'
import { readLinks, refuseBroken } from './included-links.js'
import { OWN_SOURCES, PACKAGE_JSON, PACKAGE_LOCK, SERVER, SOURCE } from './layout.js'
import type { PlannedLink } from './planned-file.js'
import { isSecretPath } from './secrets.js'
import type { PackageOptions, ServiceSnapshot } from './types.js'

/** What the options `include` and `exclude` bring. */
export interface IncludedFiles {
  files: ForeignFile[]
  links: PlannedLink[]
  warnings: string[]
}

/** Never sources of a service: what npm installs, and what BentoML leaves out of every bento. */
const NO_SOURCES = new Set(['node_modules', '.venv', 'venv', '__pycache__', '.DS_Store'])

/** The bento has its own, made of the project's. */
const REMADE = new Set([PACKAGE_JSON, PACKAGE_LOCK])

/**
 * Finds the files of the project that go along, each at its path from the project's root.
 *
 * @param others what lies in `src/` already
 * @param ownServer whether the bento writes `src/server.js` itself
 * @throws `OPTION_INVALID` for patterns that lead out of the project; `OUTPUT_CONFLICT` for files in the place of others;
 * `SERVICE_UNSUPPORTED` for links that lead outside or to what does not go along, each naming all; `IO_FAILED`
 */
export async function includedFiles(
  { projectRoot, outDir, outputs }: Pick<ServiceSnapshot, 'projectRoot' | 'outDir' | 'outputs'>,
  { include, exclude, home }: Pick<PackageOptions, 'include' | 'exclude' | 'home'>,
  others: readonly ForeignFile[],
  ownServer: boolean,
): Promise<IncludedFiles> {
  const lists = { include: fromRoot('include', include), exclude: fromRoot('exclude', exclude) }
  if (include.length === 0) return { files: [], links: [], warnings: [] }
  const folders = [outDir, ...outputs, ...(home === undefined ? [] : [resolve(home)])]
  // Loaded only here: it brings two packages along.
  const { selectFiles } = await import('../files/select.js')
  const selection = await selectFiles(projectRoot, { ...lists, isBarred: barrier(projectRoot, folders) })
  const found = selection.files.filter(({ path }) => !REMADE.has(path))
  const links = await readLinks(projectRoot, pathsOf(found, 'link'))
  const files = found
    .filter(({ kind }) => kind === 'file')
    .map(({ path, named }) => ({ to: path, from: join(projectRoot, path), named }))
  const fresh = await withoutTwins(files, links, others, ownServer)
  refuseBroken(links, [...files.map(({ to }) => to), ...others.map(({ to }) => to), ...pathsOf(found, 'link')])
  return {
    files: fresh,
    links: links.map(({ path, target }) => ({ path: `${SOURCE}/${path}`, target })),
    warnings: warningsOf(selection, lists.include),
  }
}

/** Leaves out what the option `exclude` names, of files anywhere in the project. */
export async function withoutExcluded<File extends { from: string }>(
  projectRoot: string,
  exclude: readonly string[],
  files: readonly File[],
): Promise<readonly File[]> {
  if (files.length === 0 || exclude.length === 0) return files
  const { PatternList } = await import('../files/patterns.js')
  const patterns = new PatternList(fromRoot('exclude', exclude))
  return files.filter(({ from }) => {
    const path = relative(projectRoot, from).split(sep).join('/')
    return path.startsWith('../') || !patterns.matches(path)
  })
}

/** Patterns as git would take them: it knows no `./`. */
function fromRoot(option: string, patterns: readonly string[]): string[] {
  const outside = patterns.filter(pattern => /(?:^!?|\/)\.\.(?:\/|$)/.test(pattern))
  if (outside.length > 0) {
    const names = outside.map(name => `"${visible(name)}"`).join(', ')
    throw new BentoError('OPTION_INVALID', `The option ${option} leads out of the project: ${names}.`, {
      hint: 'Only files below the folder of package.json go along: copy or move them there.',
    })
  }
  return patterns.map(pattern => pattern.replace(/^(!?)\.\//, '$1/'))
}

/** What goes along only where it is named outright. */
function barrier(root: string, folders: readonly string[]): (path: string) => boolean {
  const written = folders
    .map(path => relative(root, path).split(sep).join('/'))
    .filter(path => !/^(?:\.\.|$)/.test(path))
  return path =>
    isSecretPath(path) ||
    path.split('/').some(name => NO_SOURCES.has(name)) ||
    written.some(folder => path.startsWith(`${folder}/`) || path === folder)
}

function pathsOf(files: Selection['files'], kind: 'file' | 'link'): string[] {
  return files.filter(file => file.kind === kind).map(({ path }) => path)
}

/**
 * The files that nothing else brings. Where the build emitted the same content there, once is enough.
 *
 * @throws `OUTPUT_CONFLICT`
 */
async function withoutTwins(
  files: readonly ForeignFile[],
  links: readonly { path: string }[],
  others: readonly ForeignFile[],
  ownServer: boolean,
): Promise<ForeignFile[]> {
  const emitted = new Map(others.map(({ to, from }) => [to, from]))
  const own = new Set(ownServer ? [...OWN_SOURCES, SERVER] : OWN_SOURCES)
  const fresh: ForeignFile[] = []
  const conflicts: string[] = []
  for (const file of files) {
    const other = emitted.get(file.to)
    if (own.has(file.to)) conflicts.push(`"${visible(file.to)}" (the bento has its own)`)
    else if (file.to.startsWith('node_modules/')) conflicts.push(`"${visible(file.to)}" (npm ci empties that folder)`)
    else if (other === undefined) fresh.push(file)
    else if ((await hashFile(other)) !== (await hashFile(file.from)))
      conflicts.push(`"${visible(file.to)}" (the build emits another file there)`)
  }
  for (const { path } of links) {
    if (own.has(path) || emitted.has(path)) conflicts.push(`"${visible(path)}" (a link where another file lies)`)
  }
  if (conflicts.length === 0) return fresh
  throw new BentoError(
    'OUTPUT_CONFLICT',
    `The option include brings files where no room is for them: ${conflicts.sort().join(', ')}.`,
    { hint: 'Move or rename them in the project, or leave them out with the option exclude.' },
  )
}

function warningsOf({ files, barred, unused }: Selection, include: readonly string[]): string[] {
  const remade = include.filter(pattern => REMADE.has(pattern.replace(/^\//, '')))
  const secrets = barred.filter(isSecretPath)
  const named = files.filter(file => file.named).map(({ path }) => visible(path))
  const list = (paths: readonly string[]) => paths.map(visible).join(', ')
  return [
    ...remade.map(
      pattern => `"${pattern}" in the option include brings nothing: the bento has its own, made of the project's.`,
    ),
    ...unused.map(pattern => `"${visible(pattern)}" in the option include matches no file that may go along.`),
    ...(secrets.length === 0
      ? []
      : [
          `Left out, since files of that name hold secrets: ${list(secrets)}. To take one along, include it by its path.`,
        ]),
    ...(named.length === 0 ? [] : [`Goes along because the option include names it: ${named.join(', ')}.`]),
  ]
}
