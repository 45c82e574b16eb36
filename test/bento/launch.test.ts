import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { planLaunch } from '../../src/bento/launch.js'

const made: string[] = []
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** Writes `files` into a fresh folder, runs its server.js and returns what that prints. */
function run(files: Record<string, string>, ...args: string[]): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'launch-')))
  made.push(folder)
  for (const [path, text] of Object.entries({ 'package.json': '{"type":"module"}', ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return execFileSync(process.execPath, [join(folder, 'server.js'), ...args], { cwd: tmpdir(), encoding: 'utf8' })
}

const snapshot = (entry: string, mode: 'handler' | 'program', more: string[] = [], entryIsImported = false) => ({
  entry,
  mode,
  files: [entry, ...more],
  entryIsImported,
})

const GUARDED = `import { fileURLToPath } from 'node:url'
console.log(process.argv[1] === fileURLToPath(import.meta.url), process.argv.slice(2).join())`

describe('program mode', () => {
  it('takes an entry called server.js as it is', () => {
    expect(planLaunch(snapshot('server.js', 'program'))).toEqual({ entry: 'server.js', server: undefined })
  })

  it.each(['main.js', 'deep/er/main.mjs', "it's 100% #1?.js", 'ä b.js'])('starts %s as the main module', entry => {
    const { server } = planLaunch(snapshot(entry, 'program'))
    expect(run({ 'server.js': server as string, [entry]: GUARDED }, '--port', '1')).toBe('true --port,1\n')
  })

  it('starts a CommonJS entry', () => {
    const { server } = planLaunch(snapshot('main.cjs', 'program'))
    const text = 'console.log(process.argv[1] === __filename)'
    expect(run({ 'server.js': server as string, 'main.cjs': text })).toBe('true\n')
  })

  it('refuses another file in the place of server.js', () => {
    expect(() => planLaunch(snapshot('main.js', 'program', ['server.js']))).toThrow(
      expect.objectContaining({ code: 'OUTPUT_CONFLICT' }),
    )
  })
})

describe('handler mode', () => {
  const runtime = 'export async function start(load) { console.log((await load()).default) }'

  it.each(['service.js', 'chunks/service-abc.js', "it's 100% #1?.js"])('serves what %s exports', entry => {
    const { server } = planLaunch(snapshot(entry, 'handler'))
    const files = { 'server.js': server as string, 'bento-runtime.js': runtime, [entry]: 'export default "served"' }
    expect(run(files)).toBe('served\n')
  })

  it('moves an entry called server.js out of the way', () => {
    const launch = planLaunch(snapshot('server.js', 'handler'))
    expect(launch.entry).toBe('service.js')
    expect(launch.server).toContain("import('./service.js')")
  })

  it.each([
    { why: 'other chunks import it', more: [], imported: true },
    { why: '"service.js" is emitted too', more: ['service.js'], imported: false },
  ])('refuses to when $why', ({ why, more, imported }) => {
    expect(() => planLaunch(snapshot('server.js', 'handler', more, imported))).toThrow(why)
  })
})
