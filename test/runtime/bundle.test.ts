import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { buildRuntime } from '../../scripts/build-runtime.js'
import { addressFrom, urlOf } from '../../src/runtime/address.js'
import { scratchFolder } from './service-process.js'

const FILES = ['server.js', 'model-path.js', 'bento-metrics.js']

describe('the runtime bundle', () => {
  it('is the same bytes whenever and wherever it is built', async () => {
    const [first, second] = [scratchFolder(), scratchFolder()]
    await buildRuntime(first)
    const before = process.cwd()
    process.chdir(second)
    await buildRuntime(second).finally(() => process.chdir(before))
    for (const file of FILES) {
      expect(readFileSync(join(second, file), 'utf8')).toBe(readFileSync(join(first, file), 'utf8'))
    }
  })

  it("imports Node's own modules only, carries the licences of what it bundles, and names no folder of this machine", async () => {
    const folder = scratchFolder()
    await buildRuntime(folder)
    for (const file of FILES) {
      const text = readFileSync(join(folder, file), 'utf8')
      const imports = [...text.matchAll(/^import .* from "(.*)";$/gm)].map(match => match[1])
      expect(imports.filter(name => !builtinModules.includes(name?.replace('node:', '') ?? ''))).toEqual([])
      expect(text).not.toContain(process.cwd())
      expect(text).not.toContain('node_modules')
    }
    const server = readFileSync(join(folder, 'server.js'), 'utf8')
    // What only the metrics page needs is not read when a service starts.
    expect(server).not.toContain('nodejs_eventloop_lag')
    const metrics = readFileSync(join(folder, 'bento-metrics.js'), 'utf8')
    expect(metrics).toMatch(/prom-client .* \(Apache-2\.0\)/)
    expect(metrics.toLowerCase()).not.toContain('opentelemetry.io')
    expect(server).toMatch(/^\/\*!\n \* Contains:\n/)
    for (const name of ['mrmime', 'srvx']) {
      expect(server).toMatch(new RegExp(`^ \\* ${name} \\S+ \\(MIT\\)\n[\\s\\S]*Permission is hereby granted`, 'm'))
    }
    expect(server.length).toBeLessThan(80 * 1024)
  })
})

describe('the address', () => {
  it('comes from PORT and HOST, then BentoML, then the defaults of BentoML', () => {
    const bentoml = { BENTOML_PORT: '4000', BENTOML_HOST: '127.0.0.1' }
    expect(addressFrom({})).toEqual({ port: 3000, host: '0.0.0.0' })
    expect(addressFrom(bentoml)).toEqual({ port: 4000, host: '127.0.0.1' })
    expect(addressFrom({ ...bentoml, PORT: '5000', HOST: '::1' })).toEqual({ port: 5000, host: '::1' })
    expect(addressFrom({ ...bentoml, PORT: '', HOST: '' })).toEqual({ port: 4000, host: '127.0.0.1' })
    expect(addressFrom({ PORT: '0' }).port).toBe(0)
  })

  it.each(['x', '-1', '65536', '3000x', '1e3', '0x10', ' '])('refuses the port %j', port => {
    expect(() => addressFrom({ BENTOML_PORT: port })).toThrow(/^BENTOML_PORT is .*, not a port number/)
  })

  it('is shown as a URL that can be opened', () => {
    expect(urlOf('http', '0.0.0.0', 3000)).toBe('http://localhost:3000')
    expect(urlOf('http', '::', 3000)).toBe('http://localhost:3000')
    expect(urlOf('https', '::1', 1)).toBe('https://[::1]:1')
    expect(urlOf('http', 'example.test', 80)).toBe('http://example.test:80')
  })
})
