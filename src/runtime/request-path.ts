import type { IncomingMessage } from 'node:http'

/**
 * The decoded path that a request asks for, without its query. Undefined for what is no path (`OPTIONS *`), for what cannot
 * be decoded, and for a path whose parts could be read in two ways.
 */
export function pathOf({ url = '/' }: IncomingMessage): string | undefined {
  const [path = '/'] = url.replace(/^https?:\/\/[^/?#]*(?=[/?#]|$)/i, '').split(/[?#]/, 1)
  if (path !== '' && !path.startsWith('/')) return undefined
  try {
    const decoded = decodeURIComponent(path || '/')
    // An encoded slash is part of a name, and no file's name holds one.
    return /%2f|%5c/i.test(path) || decoded.includes('\0') ? undefined : decoded
  } catch {
    return undefined
  }
}
