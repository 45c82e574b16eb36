import { readdirSync, realpathSync, statSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pathOf } from './request-path.js'
import { FileSender } from './send-file.js'

/** The web client of a service, as the build wrote it into the bento's `server.js`. */
export interface ClientOptions {
  /** The folder of its files, as a URL. */
  folder: URL
  /**
   * The path that it lives at, from `/` to `/`.
   *
   * @default '/'
   */
  base?: string
  /**
   * Whether `index.html` stands in where the service answers 404 to a page: it finds the way by itself.
   *
   * @default false
   */
  spa?: boolean
  /**
   * Files whose names change with their content, as POSIX paths: browsers may keep them for good.
   *
   * @default []
   */
  hashed?: readonly string[]
}

/** Never the client's: what a bento answers itself (`reserved-routes.ts`), whether or not this one does. */
const RESERVED = new Set(['/healthz', '/livez', '/readyz', '/metrics', '/schema.json', '/docs.json'])

/**
 * The files of a web client, served before the service: `GET` and `HEAD` of a file, `index.html` for a folder and
 * `page.html` for `/page`, as Vite's own servers have it. Only what was in the folder at the start is ever served, so that
 * no path leads out of it: no dotfiles but those in `.well-known/`, no links that lead elsewhere.
 */
export class ClientFiles {
  readonly #base: string
  readonly #files: ReadonlyMap<string, string>
  readonly #sender: FileSender
  readonly #hasFallback: boolean

  /** @throws Error when the folder cannot be read */
  constructor({ folder, base = '/', spa = false, hashed = [] }: ClientOptions) {
    this.#base = base
    this.#files = listFiles(fileURLToPath(folder))
    this.#sender = new FileSender(new Set(hashed.map(file => `/${file}`)))
    this.#hasFallback = spa && this.#files.has('/index.html')
  }

  /** Answers with a file where the request asks for one; else, at once or later, calls `next`. */
  handle(request: IncomingMessage, response: ServerResponse, next: () => void): void {
    const name = this.#nameOf(request)
    if (name === undefined) next()
    else this.#send(request, response, name, next)
  }

  /** Answers with `index.html`. */
  sendFallback(request: IncomingMessage, response: ServerResponse): void {
    this.#send(request, response, '/index.html', () => response.writeHead(404).end())
  }

  /** Whether a page may stand in for the service's 404 here. */
  isPage(request: IncomingMessage): boolean {
    return this.#hasFallback && isNavigation(request) && pathOf(request)?.startsWith(this.#base) === true
  }

  #send(request: IncomingMessage, response: ServerResponse, name: string, next: () => void): void {
    this.#sender.send(request, response, { name, path: this.#files.get(name) ?? '' }, next)
  }

  #nameOf(request: IncomingMessage): string | undefined {
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
    const path = pathOf(request)
    if (path === undefined || RESERVED.has(path) || !path.startsWith(this.#base)) return undefined
    const name = path.slice(this.#base.length - 1)
    const candidates = name.endsWith('/') ? [`${name}index.html`] : [name, `${name}.html`]
    return candidates.find(candidate => this.#files.has(candidate))
  }
}

/** Whether a browser asks for a page to show: it names HTML, which scripts and programs do not. */
export function isNavigation({ method, headers }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'HEAD') && headers.accept?.includes('text/html') === true
}

/** `/name` of each file below the folder to its real path. */
function listFiles(folder: string): Map<string, string> {
  const root = realpathSync(folder)
  const files = new Map<string, string>()
  const visit = (place: string, prefix: string) => {
    for (const entry of readdirSync(place, { withFileTypes: true })) {
      if (entry.name.startsWith('.') && entry.name !== '.well-known') continue
      const name = `${prefix}/${entry.name}`
      if (entry.isDirectory()) visit(join(place, entry.name), name)
      else if (entry.isFile()) files.set(name, join(place, entry.name))
      else if (entry.isSymbolicLink()) {
        const target = targetInside(root, join(place, entry.name))
        if (target !== undefined) files.set(name, target)
      }
    }
  }
  visit(root, '')
  return files
}

/** The file that a link leads to, if it lies in the same folder and could be asked for by its own name. */
function targetInside(root: string, link: string): string | undefined {
  try {
    const target = realpathSync(link)
    const isInside = target.startsWith(root + sep) && !/[\\/]\.(?!well-known[\\/])/.test(target.slice(root.length))
    return isInside && statSync(target).isFile() ? target : undefined
  } catch {
    return undefined
  }
}
