import type { ServerResponse } from 'node:http'

/**
 * Lets something else answer where a service says 404: nothing of the service's own answer is sent then.
 *
 * Works on Node's response, beneath every framework and adapter: they all come to `writeHead`, `write` and `end` in the end.
 *
 * @param answer called once the service has finished its 404, with the response as it was before
 */
export function insteadOf404(response: ServerResponse, answer: () => void): void {
  const { writeHead, write, end, flushHeaders } = response
  const before = response.getHeaders()
  let dropped = false
  const isDropped = (status: number) => {
    dropped ||= status === 404 && !response.headersSent
    return dropped
  }
  const done = (args: unknown[]) => {
    const callback = args.find(arg => typeof arg === 'function') as (() => void) | undefined
    if (callback !== undefined) process.nextTick(callback)
  }
  const own = {
    writeHead(this: ServerResponse, status: number, ...rest: unknown[]) {
      if (isDropped(status)) return response
      return writeHead.call(response, status, ...(rest as []))
    },
    write(this: ServerResponse, ...args: unknown[]) {
      if (!isDropped(response.statusCode)) return write.apply(response, args as Parameters<typeof write>)
      done(args)
      return true
    },
    flushHeaders() {
      if (!isDropped(response.statusCode)) flushHeaders.call(response)
    },
    end(this: ServerResponse, ...args: unknown[]) {
      if (!isDropped(response.statusCode)) return end.apply(response, args as Parameters<typeof end>)
      Object.assign(response, { writeHead, write, end, flushHeaders })
      for (const name of response.getHeaderNames()) response.removeHeader(name)
      for (const [name, value] of Object.entries(before)) response.setHeader(name, value ?? '')
      response.statusCode = 200
      answer()
      done(args)
      return response
    },
  }
  Object.assign(response, own)
}
