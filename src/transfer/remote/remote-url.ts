import { visible } from '../../core/text.js'

/** The URL of an archive on another machine; undefined for whatever else a source may be. */
export function remoteUrl(source: unknown): URL | undefined {
  if (source instanceof URL) return /^https?:$/.test(source.protocol) ? source : undefined
  if (typeof source !== 'string' || !/^https?:\/\//i.test(source)) return undefined
  return URL.canParse(source) ? new URL(source) : undefined
}

/** A URL fit to be printed: without user, password, query (a signed one holds its key there) and fragment. */
export function shownUrl({ origin, pathname, search }: URL): string {
  return visible(`${origin}${pathname}${search === '' ? '' : '?…'}`)
}

/** The header that a URL's user and password ask for. */
export function authorization({ username, password }: URL): { authorization?: string } {
  if (username === '' && password === '') return {}
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { authorization: `Basic ${Buffer.from(plain).toString('base64')}` }
}

/**
 * Where a redirect leads.
 *
 * @returns the URL, or why it is not followed, to follow "the redirect to <url> is refused:"
 */
export function redirected(from: URL, location: string): { to: URL } | { problem: string } {
  if (!URL.canParse(location, from.href)) return { problem: 'that is no URL' }
  const to = new URL(location, from.href)
  if (!/^https?:$/.test(to.protocol)) return { problem: `"${visible(to.protocol.replace(':', ''))}" is not followed` }
  if (from.protocol === 'https:' && to.protocol === 'http:') return { problem: 'it leads from https to http' }
  // Credentials stay with whom they were meant for.
  if (to.origin === from.origin && to.username === '' && to.password === '') {
    to.username = from.username
    to.password = from.password
  }
  return { to }
}
