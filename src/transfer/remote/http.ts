import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { BentoError, systemCode } from '../../core/errors.js'
import { toolName } from '../../core/own-package.js'
import { visible } from '../../core/text.js'
import type { RemoteOptions } from '../types.js'
import { isPrivate, judgedLookup, judgeHost, RefusedAddress } from './address.js'
import { authorization, redirected, shownUrl } from './remote-url.js'
import { timely } from './timely.js'

const MOST_REDIRECTS = 5
/** Pauses before a server that is busy is asked again, in milliseconds. */
const PAUSES = [500, 2000]
const BUSY = new Set([429, 500, 502, 503, 504])
const MOVED = new Set([301, 302, 303, 307, 308])

/** An archive that is being downloaded. */
export interface Download {
  /** The URL as it may be printed. */
  name: string
  /** Bytes, where the server says so. */
  size: number | undefined
  chunks: AsyncIterable<Uint8Array>
  notes: readonly string[]
  /** Ends the connection, at whatever point. */
  close(): void
}

/** How to {@link download}. */
export interface DownloadOptions extends RemoteOptions {
  signal?: AbortSignal | undefined
}

/**
 * Begins to download an archive by one GET. Follows five redirects, never from https to http; credentials of the URL are
 * kept from other hosts, and from messages. A busy server is asked three times.
 *
 * @throws `OPTION_INVALID`; `REMOTE_FAILED` naming the URL without what may be secret in it; also what reading `chunks` throws
 */
export async function download(url: URL, options: DownloadOptions = {}): Promise<Download> {
  checkTimes(options)
  let [at, allowPrivate] = [url, options.allowPrivate ?? true]
  for (let hops = 0; ; hops++) {
    const response = await ask(at, allowPrivate, options)
    const { statusCode = 0, headers } = response
    const isNear = isPrivate(response.socket.remoteAddress ?? '')
    if (statusCode === 200) return found(at, response, isNear, options)
    response.destroy()
    if (!MOVED.has(statusCode) || headers.location === undefined) throw refusedBy(at, statusCode)
    const next = redirected(at, headers.location)
    if ('problem' in next) throw failed(at, `its redirect is refused: ${next.problem}`)
    if (hops === MOST_REDIRECTS) throw failed(at, `it redirects more than ${MOST_REDIRECTS} times`)
    // From outside nobody may lead us to what only we can reach.
    allowPrivate &&= isNear
    at = next.to
  }
}

function checkTimes({ connectTimeout = 1, idleTimeout = 1 }: RemoteOptions): void {
  for (const [name, value] of Object.entries({ connectTimeout, idleTimeout })) {
    if (Number.isInteger(value) && value > 0 && value < 2 ** 31) continue
    throw new BentoError('OPTION_INVALID', `The option "remote.${name}" cannot be ${JSON.stringify(value)}.`, {
      hint: 'Give whole milliseconds, at least 1.',
    })
  }
}

async function ask(url: URL, allowPrivate: boolean, options: DownloadOptions): Promise<IncomingMessage> {
  for (const pause of [...PAUSES, undefined]) {
    const response = await askOnce(url, allowPrivate, options)
    if (pause === undefined || !BUSY.has(response.statusCode ?? 0)) return response
    response.destroy()
    await sleep(pause, undefined, { signal: options.signal })
  }
  throw new Error('unreachable')
}

function askOnce(url: URL, allowPrivate: boolean, options: DownloadOptions): Promise<IncomingMessage> {
  const { connectTimeout = 10_000, idleTimeout = 60_000, signal } = options
  return new Promise((resolve, reject) => {
    const lose = (error: unknown) => reject(signal?.aborted === true ? signal.reason : requestError(url, error))
    let request: ClientRequest
    try {
      judgeHost(url, allowPrivate)
      request = (url.protocol === 'https:' ? tlsRequest : plainRequest)(url, {
        agent: false,
        lookup: judgedLookup(allowPrivate),
        headers: {
          accept: '*/*',
          // The bytes as they lie there: what they are packed in, they say themselves.
          'accept-encoding': 'identity',
          'user-agent': toolName().replace(' ', '/'),
          ...authorization(url),
        },
        ...(signal === undefined ? {} : { signal }),
      })
    } catch (error) {
      return lose(error)
    }
    const late = (ms: number, what: string) =>
      setTimeout(() => request.destroy(new Error(`${what} within ${ms / 1000} s`)), ms)
    let timer = late(connectTimeout, 'there was no connection')
    request.once('socket', socket => {
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer)
        timer = late(idleTimeout, 'there was no answer')
      })
    })
    request.once('response', response => {
      clearTimeout(timer)
      resolve(response)
    })
    request.once('error', error => {
      clearTimeout(timer)
      lose(error)
    })
    request.end()
  })
}

function found(url: URL, response: IncomingMessage, isNear: boolean, options: DownloadOptions): Download {
  const { headers } = response
  const coding = headers['content-encoding'] ?? 'identity'
  // Servers say gzip of a .tar.gz as it lies there; either way the bytes are a gzip.
  if (!/^(?:identity|x-?gzip|gzip)$/i.test(coding)) {
    response.destroy()
    throw failed(url, `its server packs it in "${visible(coding)}", unasked`)
  }
  const length = headers['content-length']
  const size = length === undefined ? undefined : Number(length)
  const { idleTimeout = 60_000, signal } = options
  const isSafe = url.protocol === 'https:' || isNear
  return {
    name: shownUrl(url),
    size,
    chunks: body(url, response, { size, idleTimeout, signal }),
    notes: isSafe ? [] : [`${shownUrl(url)} was fetched without encryption: whoever is on the way could change it.`],
    close: () => response.destroy(),
  }
}

async function* body(
  url: URL,
  response: IncomingMessage,
  { size, idleTimeout, signal }: { size: number | undefined; idleTimeout: number; signal: AbortSignal | undefined },
): AsyncGenerator<Uint8Array> {
  let got = 0
  try {
    for await (const chunk of timely(response, idleTimeout)) {
      got += chunk.length
      yield chunk
    }
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason
    const of = size === undefined ? '' : ` of ${size}`
    throw failed(url, `the download broke off after ${got}${of} bytes: ${said(error)}`, error)
  } finally {
    response.destroy()
  }
  if (size !== undefined && got !== size) throw failed(url, `it ended after ${got} of ${size} bytes`)
}

function refusedBy(url: URL, status: number): BentoError {
  const mend =
    status === 401 || status === 403
      ? 'Give a URL that may be read: a signed one, or one with user and password.'
      : status === 404 || status === 410
        ? 'Is it spelt right, and still there?'
        : 'Try again later, or fetch it by a tool of its own and import the file.'
  return failed(url, `its server answers with status ${status}`, undefined, mend)
}

function requestError(url: URL, error: unknown): BentoError {
  if (error instanceof RefusedAddress) {
    return failed(url, `${error.message}, which imports do not reach`, error, 'Fetch it yourself, and import the file.')
  }
  return failed(
    url,
    said(error),
    error,
    'Is the host right, and reachable without a proxy? Else fetch it by another tool.',
  )
}

function failed(
  url: URL,
  why: string,
  cause?: unknown,
  hint = 'Try again, or fetch it and import the file.',
): BentoError {
  return new BentoError('REMOTE_FAILED', `${shownUrl(url)} cannot be read: ${why}.`, { hint, cause })
}

/** Node's own words may repeat the URL; its codes do not. */
function said(error: unknown): string {
  return systemCode(error) ?? (error instanceof Error ? visible(error.message) : 'it failed')
}
