import { createHash } from 'node:crypto'
import { createReadStream, type Stats } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { lookup } from 'mrmime'

/** A file to send. */
export interface SentFile {
  /** The path by which it is asked for: tells its type, and how long it may be kept. */
  name: string
  path: string
}

/** Bytes of a file, both ends included. */
interface Span {
  start: number
  end: number
}

/** A name that changes with the content need never be asked for again; anything else must be, each time. */
const FOREVER = 'public, max-age=31536000, immutable'
const ASK_AGAIN = 'no-cache'

/**
 * Sends files, whole or the part that is asked for, and 304 where the client has them already.
 *
 * Entity tags are made of the content, and there is no `Last-Modified`: copies of a bento on several machines must agree,
 * and the `index.html` of two versions may well have the same size and, where images are built reproducibly, the same time.
 */
export class FileSender {
  readonly #hashed: ReadonlySet<string>
  readonly #tags = new Map<string, { key: string; tag: Promise<string> }>()

  /** @param hashed names that change with the content of the file */
  constructor(hashed: ReadonlySet<string>) {
    this.#hashed = hashed
  }

  /** Calls `next` where the file is not there any more. Never throws: a client that goes away ends only its own answer. */
  send(request: IncomingMessage, response: ServerResponse, file: SentFile, next: () => void): void {
    this.#send(request, response, file).then(
      found => found || next(),
      error => {
        if (response.headersSent) response.destroy()
        else response.writeHead(500).end()
        if (!isGone(error)) console.error(error)
      },
    )
  }

  async #send(request: IncomingMessage, response: ServerResponse, file: SentFile): Promise<boolean> {
    const stats = await stat(file.path).catch(() => undefined)
    if (stats?.isFile() !== true) return false
    const tag = await this.#tagOf(file.path, stats)
    response.setHeader('etag', tag)
    response.setHeader('cache-control', this.#hashed.has(file.name) ? FOREVER : ASK_AGAIN)
    if (isKnown(request, tag)) {
      response.writeHead(304).end()
      return true
    }
    const span = spanOf(request, tag, stats.size)
    response.setHeader('content-type', typeOf(file.name))
    response.setHeader('accept-ranges', 'bytes')
    if (span === 'none') {
      response.removeHeader('content-type')
      response.writeHead(416, { 'content-range': `bytes */${stats.size}` }).end()
      return true
    }
    const { start, end } = span ?? { start: 0, end: stats.size - 1 }
    response.setHeader('content-length', end - start + 1)
    if (span === undefined) response.writeHead(200)
    else response.writeHead(206, { 'content-range': `bytes ${start}-${end}/${stats.size}` })
    if (request.method === 'HEAD' || stats.size === 0) response.end()
    else await pipeline(createReadStream(file.path, { start, end }), response)
    return true
  }

  /** Computed once for each state of a file. */
  #tagOf(path: string, { size, mtimeMs }: Stats): Promise<string> {
    const key = `${size} ${mtimeMs}`
    const known = this.#tags.get(path)
    if (known?.key === key) return known.tag
    const tag = hashOf(path)
    this.#tags.set(path, { key, tag })
    tag.catch(() => this.#tags.delete(path))
    return tag
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  const file = await open(path)
  for await (const chunk of file.createReadStream()) hash.update(chunk)
  return `"${hash.digest('base64url').slice(0, 22)}"`
}

/** RFC 9110, 13.1.2. A proxy that compresses makes the tag a weak one. */
function isKnown({ headers }: IncomingMessage, tag: string): boolean {
  const known = headers['if-none-match']?.split(',').map(item => item.trim().replace(/^W\//, '')) ?? []
  return known.includes(tag) || known.includes('*')
}

/**
 * The one range that is asked for; `none` where it lies behind the file. Several ranges, and other units, are answered
 * with the whole file, as RFC 9110, 14.2 allows.
 */
function spanOf({ headers, method }: IncomingMessage, tag: string, size: number): Span | 'none' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(headers.range?.replaceAll(' ', '') ?? '')
  const condition = headers['if-range']
  if (match === null || method !== 'GET' || (condition !== undefined && condition !== tag)) return undefined
  const [, first = '', last = ''] = match
  if (first === '' && last === '') return undefined
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined
  return start > end ? 'none' : { start, end }
}

function typeOf(name: string): string {
  const type = lookup(name) ?? 'application/octet-stream'
  return /^text\/|[/+](?:json|xml|javascript)$/.test(type) ? `${type}; charset=utf-8` : type
}

/** The client went away in the middle. */
function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'
}
