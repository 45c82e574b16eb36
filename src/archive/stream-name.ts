/** How messages call a stream: `the standard input` for that of the process, of whatever kind it is, else `the stream`. */
export function streamName(stream: object): string {
  const descriptor = 'fd' in stream ? stream.fd : undefined
  if (descriptor === 0) return 'the standard input'
  return descriptor === 1 ? 'the standard output' : 'the stream'
}
