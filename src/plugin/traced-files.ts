import { realpathSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, posix, relative, resolve, sep } from 'node:path'
import type { TracedFile } from '../bento/types.js'
import { visible } from '../core/text.js'
import { listFolder, tooLarge } from '../files/folder.js'
import { holds } from '../files/place.js'
import type { BentoContext } from './context.js'
import type { HookContext } from './hooks.js'
import { isOwn } from './own-file-emitter.js'
import type { Reads } from './reads.js'
import type { TracedModule } from './trace-modules.js'
import { isUnread } from './unread.js'

const CODE = /\.[cm]?[jt]sx?$/
const STARTS = /\bnew\s+(?:\w+\.)?Worker\b|\bfork\s*\(/

/** Gathers what the tracing finds: which files go along, where to, and what cannot. */
export class TracedFiles {
  readonly #root: string
  readonly #bundled: ReadonlySet<string>
  readonly #emitted: ReadonlySet<string>
  readonly #context: BentoContext
  readonly #hook: HookContext
  readonly #files = new Map<string, TracedFile>()
  readonly #warnings = new Set<string>()

  constructor(context: BentoContext, hook: HookContext, modules: readonly TracedModule[]) {
    this.#context = context
    this.#hook = hook
    this.#root = context.project.root
    this.#bundled = new Set(modules.map(({ file }) => file))
    this.#emitted = new Set([...context.ownFiles.values()].map(({ file }) => file))
  }

  /** All files, in order of their places; says what was to be warned of. */
  files(): TracedFile[] {
    for (const warning of [...this.#warnings].sort()) this.#hook.warn(warning)
    return [...this.#files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file)
  }

  /** What a module says outright that it reads. */
  async addReads(module: TracedModule, { fromCwd, maybeFiles, ownFolders, absolute }: Reads): Promise<void> {
    for (const path of absolute) this.#warnAbsolute(module, path)
    for (const path of ownFolders) {
      const folder = resolve(dirname(module.file), path)
      if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) continue
      for (const file of await this.#list(module, folder)) this.#beside(module, file)
    }
    if (module.file.includes(`${sep}node_modules${sep}`)) return
    for (const path of maybeFiles) {
      const file = resolve(this.#root, path)
      if (statSync(file, { throwIfNoEntry: false })?.isFile() && !this.#isUnread(file)) this.#fromCwd(module, file)
    }
    for (const path of fromCwd) {
      const file = resolve(this.#root, path)
      const stats = statSync(file, { throwIfNoEntry: false })
      if (stats?.isDirectory()) for (const one of await this.#list(module, file)) this.#fromCwd(module, one)
      else if (stats?.isFile()) this.#fromCwd(module, file)
    }
  }

  /** Files that a module computes the paths of from where it lies. */
  addBeside(module: TracedModule, files: Iterable<string>): void {
    for (const file of this.#meant(module, files, dirname(module.file))) this.#beside(module, file)
  }

  /** Files that a module computes the paths of from the working directory. */
  addFromCwd(module: TracedModule, files: Iterable<string>): void {
    for (const file of this.#meant(module, files, this.#root)) this.#fromCwd(module, file)
  }

  /** What of a folder that is read whole goes along. */
  async #list(module: TracedModule, folder: string): Promise<string[]> {
    if (holds(folder, this.#root)) {
      this.#warn(module, 'the whole folder of the project. Name what of it is needed in the option include.')
      return []
    }
    if (this.#isUnread(join(folder, 'x')) || this.#writes(module, folder)) return []
    const skips = (path: string) =>
      isUnread(path) || this.#bundled.has(join(folder, path)) || this.#context.isOutput(join(folder, path))
    const listed = await listFolder(folder, skips)
    if (listed.files === undefined) this.#warnLarge(module, folder, listed.why)
    return (listed.files ?? []).map(path => join(folder, path))
  }

  /** Of what the tracing takes for possible, what a service may mean. */
  #meant(module: TracedModule, files: Iterable<string>, base: string): string[] {
    const meant: string[] = []
    const unnamed = new Map<string, string[]>()
    for (const file of files) {
      if (isForeignPackage(module.file, file)) continue
      if (module.code.includes(file)) this.#warnAbsolute(module, file)
      else if (this.#writes(module, file)) continue
      else if (isNamed(module.code, basename(file))) meant.push(file)
      else if (!this.#bundled.has(file) && !this.#isUnread(file)) {
        const folder = topFolder(base, file)
        unnamed.set(folder, [...(unnamed.get(folder) ?? []), file])
      }
    }
    return [...meant, ...this.#within(module, unnamed)]
  }

  /** Leaves out folders that are too large to be meant. */
  #within(module: TracedModule, folders: ReadonlyMap<string, string[]>): string[] {
    return [...folders].flatMap(([folder, files]) => {
      const why = tooLarge(
        files.length,
        files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0),
      )
      if (why === undefined) return files
      this.#warnLarge(module, folder, why)
      return []
    })
  }

  #isUnread(file: string): boolean {
    const inPackage = this.#shown(file).replace(/^.*(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+\//, '')
    const names = inPackage.split('/')
    return names.some((_, index) =>
      isUnread(names.slice(0, index + 1).join('/') + (index < names.length - 1 ? '/' : '')),
    )
  }

  #beside(module: TracedModule, file: string): void {
    const way = relative(dirname(module.file), file).split(sep).join('/')
    for (const chunk of module.chunks) this.#add(module, file, posix.join(posix.dirname(chunk), way))
  }

  #fromCwd(module: TracedModule, file: string): void {
    this.#add(module, file, relative(this.#root, file).split(sep).join('/'))
  }

  #add(module: TracedModule, file: string, to: string): void {
    if (to.startsWith('../')) {
      if (!this.#emitted.has(file)) this.#warnUnreachable(module, file)
      return
    }
    const from = realpathSync(file)
    if (!isOwn(this.#context, module.file, from)) {
      this.#warn(
        module,
        `${this.#shown(file)}, which lies outside the project and does not go along. Copy it into the project.`,
      )
      return
    }
    const name = basename(file).replace(CODE, '')
    if (CODE.test(file) && STARTS.test(module.code) && module.code.includes(name)) {
      this.#warn(
        module,
        `${this.#shown(file)}, which it may start: it goes along as it is, without what it imports of packages. To have it bundled, write new Worker(new URL('./${basename(file)}', import.meta.url)).`,
      )
    }
    this.#files.set(`${to}\0${from}`, { from, to, by: this.#shown(module.file) })
  }

  /** Whether builds write a file or folder, so that it is no source. Then says so. */
  #writes(module: TracedModule, path: string): boolean {
    if (!this.#context.isOutput(path)) return false
    this.#warn(
      module,
      `${this.#shown(path)}, which builds write, so that it does not go along. A web client does by the option client.`,
    )
    return true
  }

  #warnUnreachable(module: TracedModule, file: string): void {
    const folder = this.#shown(dirname(file))
    const inPackage = /^.*(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(folder)?.[1]
    const mend =
      inPackage !== undefined
        ? `Keep the package outside the bundle: natives: ['${inPackage}'].`
        : isAbsolute(folder)
          ? 'Copy it into the project, and read it from the working directory.'
          : `Add include: ['/${folder === '' ? basename(file) : `${folder}/`}'], and read it from the working directory.`
    this.#warn(module, `${this.#shown(file)}, above the place that the module has in the bento. ${mend}`)
  }

  #warnLarge(module: TracedModule, folder: string, why: string): void {
    const path = this.#shown(folder)
    this.#warn(
      module,
      `${path}, which is too large to go along by itself: it holds ${why}. If it is needed, add include: ['/${path}/'].`,
    )
  }

  #warnAbsolute(module: TracedModule, path: string): void {
    // What every machine has is no file of the service.
    const isOfSystem = /^\/(?:proc|sys|dev|etc|tmp|run)(?:\/|$)/.test(path) && !holds(this.#root, path)
    if (isOfSystem || statSync(path, { throwIfNoEntry: false }) === undefined) return
    this.#warn(
      module,
      `${visible(path)} by its absolute path: it does not go along, and must be there where the bento runs.`,
    )
  }

  #warn(module: TracedModule, what: string): void {
    this.#warnings.add(`${this.#shown(module.file)} reads ${what}`)
  }

  #shown(path: string): string {
    const below = relative(this.#root, path)
    return visible(below.startsWith('..') ? path : below.split(sep).join('/'))
  }
}

/** Whether a text of the code ends in a file name. */
function isNamed(code: string, name: string): boolean {
  for (let at = code.indexOf(name); at >= 0; at = code.indexOf(name, at + 1)) {
    if (/['"`/]/.test(code[at - 1] ?? '') && /['"`?#]/.test(code[at + name.length] ?? '')) return true
  }
  return false
}

/** The folder right below `base` that holds a file, so that all of a tree counts as one. */
function topFolder(base: string, file: string): string {
  const [first = '', ...rest] = relative(base, file).split(sep)
  if (first === '..') return dirname(file)
  return rest.length === 0 ? base : join(base, first)
}

/** Whether a file belongs to a package of node_modules that the module is no part of. */
function isForeignPackage(module: string, file: string): boolean {
  const root = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+[\\/]/.exec(file)?.[0]
  return root !== undefined && !module.startsWith(root)
}
