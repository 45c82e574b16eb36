import { realpathSync, type Stats, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, relative, resolve, sep } from 'node:path'
import { isSecretPath } from '../bento/secrets.js'
import { formatSize, visible } from '../core/text.js'
import { listFolder } from '../files/folder.js'
import { holds } from '../files/place.js'
import type { BentoContext } from './context.js'
import type { HookContext } from './hooks.js'
import type { OwnPlace } from './own-places.js'
import { findProject } from './project.js'
import { isUnread } from './unread.js'

/** What a bundler can take in as a module. */
const CODE = /\.[cm]?[jt]sx?$/

/** Needs no import, which a module may not have room for. Node has it since 20.16. */
const NODE = 'globalThis.process.getBuiltinModule'

/** Ids of modules that export the path of an emitted file. */
export const FILE_PREFIX = 'virtual:bento/file/'

/** Calls that want the text of a file, whatever is in it. */
const READS = /^(?:read|createReadStream|sendFile|copy|stat|lstat|exists|access|open$|file$)/i

/** Calls that run a file. */
const RUNS = /^(?:Worker|fork|Piscina|Tinypool)$/

/** Bundlers hold what they emit in memory. */
const MOST_BYTES = 512 * 1024 * 1024

/** Emits what one module names beside it. */
export class OwnFileEmitter {
  readonly #context: BentoContext
  readonly #hook: HookContext
  readonly #module: string
  readonly #isCommonJs: boolean

  /** @param isCommonJs whether the bundler will take the module for CommonJS, which has no `import.meta` */
  constructor(context: BentoContext, hook: HookContext, module: string, isCommonJs: boolean) {
    this.#context = context
    this.#hook = hook
    this.#module = module
    this.#isCommonJs = isCommonJs
  }

  /**
   * @returns what is to stand in the place of the expression; undefined where it may stay, since there is nothing, or the
   * tracing puts it where the chunk will look
   */
  async emit(place: OwnPlace): Promise<string | undefined> {
    const { file, stats } = found(resolve(dirname(this.#module), place.path))
    const leaves = /^\.\.(?:\/|$)/.test(place.path)
    if (stats?.isDirectory()) return leaves ? this.#folder(file, place) : undefined
    if (!stats?.isFile() || file === this.#module) return undefined
    if (isSecretPath(this.#shown(file))) {
      this.#warn(
        `${this.#shown(file)}, which is named like a secret and does not go along. If it is none, name it in the option include, and read it from the working directory.`,
      )
      return undefined
    }
    if (stats.size > MOST_BYTES) {
      this.#warn(
        `${this.#shown(file)}, which is too large to pass through a bundler (${formatSize(stats.size)}). Save it as a model, or name it in the option include and read it from the working directory.`,
      )
      return undefined
    }
    const { callers, form } = place
    const runs = CODE.test(file) && (callers.some(name => RUNS.test(name)) || !callers.some(name => READS.test(name)))
    if (runs && form !== 'require') return this.#expression(place, this.#chunk(file))
    if (form === 'require' ? CODE.test(file) : form === 'path' && !leaves) return undefined
    if (!isOwn(this.#context, this.#module, realpathSync(file))) {
      this.#warn(
        `${this.#shown(file)}, which lies outside the project and does not go along. Copy it into the project.`,
      )
      return undefined
    }
    return this.#expression(place, await this.#asset(file))
  }

  #chunk(file: string): string {
    const name = basename(file).replace(CODE, '')
    return this.#note(this.#hook.emitFile({ type: 'chunk', id: file, name }), file, false)
  }

  async #asset(file: string, fileName?: string): Promise<string> {
    this.#hook.addWatchFile(file)
    const source = await readFile(file)
    const place = fileName === undefined ? { name: basename(file) } : { fileName }
    const executable = process.platform !== 'win32' && (statSync(file).mode & 0o100) !== 0
    return this.#note(this.#hook.emitFile({ type: 'asset', source, ...place }), file, executable)
  }

  /** A folder that no chunk could reach goes where it lies in the project, as the option `include` would take it. */
  async #folder(folder: string, place: OwnPlace): Promise<string | undefined> {
    const { root } = this.#context.project
    const to = relative(root, folder).split(sep).join('/')
    if (to === '' || to.startsWith('..') || this.#module.startsWith(folder + sep)) {
      if (place.isOpen) {
        this.#warn(
          `a file of ${visible(to || 'the project')} by a name that is not written out. Add the files to the option include, and read them from the working directory.`,
        )
      }
      return undefined
    }
    if (this.#context.isOutput(folder)) {
      this.#warn(`${to}, which builds write, so that it does not go along. A web client does by the option client.`)
      return undefined
    }
    const listed = await listFolder(folder, isUnread)
    if (listed.files === undefined) {
      this.#warn(
        `${to}, which is too large to go along by itself: it holds ${listed.why}. If it is needed, add include: ['/${to}/'].`,
      )
      return undefined
    }
    const [first] = listed.files
    if (first === undefined) return undefined
    for (const path of listed.files) {
      const fileName = `${to}/${path}`
      if (!this.#context.build.ownFolders.has(fileName)) {
        this.#context.build.ownFolders.set(fileName, await this.#asset(resolve(folder, path), fileName))
      }
    }
    const reference = this.#context.build.ownFolders.get(`${to}/${first}`) ?? ''
    const up = '../'.repeat(first.split('/').length)
    if (place.form === 'path')
      return `${NODE}('node:path').join(${this.#path(reference)}, ${JSON.stringify(up.slice(0, -1))})`
    const name = encodeURIComponent(basename(folder)) + (place.path.endsWith('/') ? '/' : '')
    return `new URL(${JSON.stringify(up + name)}, ${urlOf(reference)})`
  }

  #expression(place: OwnPlace, reference: string): string {
    return place.form === 'url' ? `new URL(${urlOf(reference)})` : this.#path(reference)
  }

  /** An expression of the path, as text. */
  #path(reference: string): string {
    return this.#isCommonJs ? `require(${JSON.stringify(FILE_PREFIX + reference)}).default` : pathOf(reference)
  }

  #note(reference: string, file: string, executable: boolean): string {
    this.#context.ownFiles.set(reference, { file, executable })
    return reference
  }

  #warn(what: string): void {
    this.#hook.warn(`${this.#shown(this.#module)} reads ${what}`)
  }

  #shown(path: string): string {
    const below = relative(this.#context.project.root, path)
    return visible(below.startsWith('..') ? path : below.split(sep).join('/'))
  }
}

/** Whether a file, links followed, is the project's, or the package's that the module belongs to. */
export function isOwn(context: BentoContext, module: string, file: string): boolean {
  return [context.project.root, findProject(module).root].some(root => holds(root, file))
}

/** The file of that name; of a module also its source: TypeScript says `./work.js` where it means `./work.ts`. */
function found(path: string): { file: string; stats: Stats | undefined } {
  const source = path.replace(/(?<=\.[cm]?)j(?=sx?$)/, 't')
  const file =
    [path, source, source.replace(/ts$/, 'tsx')].find(name => statSync(name, { throwIfNoEntry: false })) ?? path
  return { file, stats: statSync(file, { throwIfNoEntry: false }) }
}

/** Bundlers turn it into an expression of the file's URL. */
function urlOf(reference: string): string {
  return `import.meta.ROLLUP_FILE_URL_${reference}`
}

/** An expression of an emitted file's path, in an ES module. */
export function pathOf(reference: string): string {
  return `${NODE}('node:url').fileURLToPath(${urlOf(reference)})`
}
