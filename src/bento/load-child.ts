/**
 * The process of its own in which `load-export.ts` loads a service: sends `{ text }`, what the service exports as `openapi` as
 * JSON, empty where JSON cannot hold it. Imports Node's own modules alone.
 */
import { register } from 'node:module'
import { Server } from 'node:net'
import type { LoadedService } from './load-hooks.js'

const [, input = ''] = process.argv.splice(1)
const service = JSON.parse(input) as LoadedService & { entry: string }

pretendListening()
register('./load-hooks.js', import.meta.url, { data: service })
const { openapi } = await import(service.entry)
const value: unknown = await (typeof openapi === 'function' ? openapi() : openapi)
process.send?.({ text: JSON.stringify(value) ?? '' }, () => process.exit(0))

/** A service may start its own server when it is loaded, and wait for that: no port is taken, and it is told that all is well. */
function pretendListening(): void {
  Server.prototype.listen = function listen(this: Server, ...args: unknown[]) {
    const done = args.findLast(arg => typeof arg === 'function')
    if (done !== undefined) this.once('listening', done as () => void)
    setImmediate(() => this.emit('listening'))
    return this
  }
  Server.prototype.address = () => ({ address: '127.0.0.1', family: 'IPv4', port: 0 })
}
