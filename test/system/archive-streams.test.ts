import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { describe, expect, it, test } from 'vitest'
import { ModelStore } from '../../src/transfer/index.js'
import { BIN, finished, startBento } from '../support/cli.js'
import { scratchFolder, scratchHome } from '../support/home.js'
import { treeOf } from '../support/tree.js'
import { FORMATS, type Format, noise, saveSpec } from './workers/archives.js'
import { checkStore, leftovers } from './workers/check-store.js'

const STREAMED = FORMATS.filter(format => format !== 'folder')
const SPEC = { id: 'x', files: 4, bytes: 100_000 }

let made: Promise<Map<Format, Buffer>> | undefined

/** `m:v1` as an archive of that format. */
async function archive(format: Format): Promise<Buffer> {
  made ??= makeArchives()
  return (await made).get(format) as Buffer
}

async function makeArchives(): Promise<Map<Format, Buffer>> {
  const home = scratchHome()
  await saveSpec(home, 'm:v1', SPEC)
  const contents = new Map<Format, Buffer>()
  for (const format of STREAMED) {
    const { path = '' } = await new ModelStore(home).exportModel('m', join(scratchFolder(), 'x'), { format })
    contents.set(format, readFileSync(path))
  }
  return contents
}

/** A place to work in that tells what is left of it. */
function place() {
  const dir = scratchFolder()
  const [home, tmp, out] = ['home', 'tmp', 'out'].map(name => join(dir, name)) as [string, string, string]
  for (const folder of [tmp, out]) mkdirSync(folder)
  const remains = () => [...leftovers(home), ...readdirSync(tmp), ...readdirSync(out)]
  return { home, out, remains, options: { home, cwd: out, env: { TMPDIR: tmp } } }
}

test.each(STREAMED)('a whole archive comes in on stdin and goes out on stdout, %s', async format => {
  const { home, remains, options } = place()
  const data = await archive(format)
  const importing = startBento(['models', 'import', '-'], options)
  importing.stdin.end(data)
  expect(await finished(importing)).toMatchObject({ code: 0, stdout: 'Model(tag="m:v1") imported.\n' })
  expect(await checkStore(home)).toEqual(['m:v1'])
  const env = { ...process.env, BENTOML_HOME: home }
  const args = [BIN, 'models', 'export', 'm', '-', '-f', format]
  // Byte for byte what a file gets.
  expect(execFileSync(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'ignore'] }).equals(data)).toBe(true)
  expect(remains()).toEqual([])
})

describe.each(STREAMED)('stdin, %s', format => {
  it('that ends too soon: one error, nothing in the store', async () => {
    const data = await archive(format)
    // A tar ends in zeros that nobody needs.
    const last = format === 'tar' ? data.length - 20_000 : data.length - 1
    for (const length of [0, 1, 5, 100, data.length >> 1, last]) {
      const { home, remains, options } = place()
      const importing = startBento(['models', 'import', '-'], options)
      importing.stdin.end(data.subarray(0, length))
      const { code, stderr, stdout } = await finished(importing)
      expect({ code, stdout }, `${length} bytes`).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(/^error \[ARCHIVE_INVALID\]: /)
      expect(await new ModelStore(home).list()).toEqual([])
      expect(remains()).toEqual([])
    }
  })

  it('that stalls: a signal ends it, nothing is left', async () => {
    const data = await archive(format)
    const { home, remains, options } = place()
    const importing = startBento(['models', 'import', '-'], options)
    const end = finished(importing)
    importing.stdin.write(data.subarray(0, data.length >> 1))
    await until(() => leftovers(home).length > 0)
    importing.kill('SIGINT')
    expect((await end).code).toBe(130)
    expect(remains()).toEqual([])
    expect(await new ModelStore(home).list()).toEqual([])
  })

  it('that breaks: a coded error, nothing is left', async () => {
    const data = await archive(format)
    const home = scratchHome()
    const broken = new Readable({ read() {} })
    broken.push(data.subarray(0, data.length >> 1))
    const importing = new ModelStore(home).importModel(broken)
    const failing = expect(importing).rejects.toMatchObject({ code: 'IO_FAILED' })
    await until(() => leftovers(home).length > 0)
    broken.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
    await failing
    expect(leftovers(home)).toEqual([])
    // So early that nobody reads yet: an error event that nobody listened to would end the process.
    const early = new Readable({ read() {} })
    const refused = expect(new ModelStore(home).importModel(early)).rejects.toMatchObject({ code: 'IO_FAILED' })
    early.destroy(new Error('at once'))
    await refused
    expect(leftovers(home)).toEqual([])
  })

  it('that stalls and is given up by the caller: its reason comes through, nothing is left', async () => {
    const data = await archive(format)
    const home = scratchHome()
    const stalled = new Readable({ read() {} })
    stalled.push(data.subarray(0, data.length >> 1))
    const control = new AbortController()
    const importing = new ModelStore(home).importModel(stalled, { signal: control.signal })
    const failing = expect(importing).rejects.toThrow('enough')
    await until(() => leftovers(home).length > 0)
    control.abort(new Error('enough'))
    await failing
    expect(leftovers(home)).toEqual([])
    expect(stalled.destroyed).toBe(true)
  })
})

/** Saves a model whose export takes a while. */
async function big(home: string): Promise<void> {
  await new ModelStore(home).create('m:v1', {}, dir => {
    for (let index = 0; index < 24; index++) writeFileSync(join(dir, `${index}.bin`), noise(4_000_000, index + 1))
  })
}

describe.each(FORMATS)('an export, %s', format => {
  it('is broken off by a signal: nothing at the target, no temporary file', async () => {
    const { home, out, remains, options } = place()
    await big(home)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const exporting = startBento(['models', 'export', 'm', join(out, 'x'), '-f', format], options)
      const end = finished(exporting)
      await until(() => readdirSync(out).length > 0)
      exporting.kill(signal)
      expect((await end).code).toBe(signal === 'SIGINT' ? 130 : 143)
      expect(remains()).toEqual([])
    }
  })

  it('is given up by the caller: likewise', async () => {
    const { home, out, remains } = place()
    await big(home)
    const control = new AbortController()
    const onProgress = () => control.abort(new Error('enough'))
    const exporting = new ModelStore(home).exportModel('m', join(out, 'x'), {
      format,
      onProgress,
      signal: control.signal,
    })
    await expect(exporting).rejects.toThrow('enough')
    expect(remains()).toEqual([])
  })
})

describe.each(STREAMED)('an export, %s', format => {
  it('to a stream that fails: a coded error', async () => {
    const { home } = place()
    await big(home)
    const full = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })),
    })
    await expect(new ModelStore(home).exportModel('m', full, { format })).rejects.toMatchObject({ code: 'DISK_FULL' })
    const closed = new Writable()
    const refused = expect(new ModelStore(home).exportModel('m', closed, { format })).rejects.toMatchObject({
      code: 'IO_FAILED',
    })
    closed.destroy(new Error('at once'))
    await refused
  })

  it('to a reader that goes away: ends at once, as SIGPIPE would', async () => {
    const { home, remains, options } = place()
    await big(home)
    const exporting = startBento(['models', 'export', 'm', '-', '-f', format], options)
    exporting.stdout.once('data', () => exporting.stdout.destroy())
    const { code, stderr } = await finished(exporting)
    expect(code).toBe(141)
    expect(stderr).not.toContain('error')
    expect(remains()).toEqual([])
  })
})

test('a model goes from one store to another through a pipe', async () => {
  const [from, to] = [scratchHome(), scratchHome()]
  await saveSpec(from, 'm:v1', SPEC)
  const script = '"$0" "$1" models export m - | BENTOML_HOME="$2" "$0" "$1" models import - -o tag'
  const env = { ...process.env, BENTOML_HOME: from }
  const args = ['-c', script, process.execPath, BIN, to]
  expect(execFileSync('sh', args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })).toBe('m:v1\n')
  expect(treeOf(join(to, 'models'))).toEqual(treeOf(join(from, 'models')))
  expect(existsSync(join(from, 'tmp')) ? readdirSync(join(from, 'tmp')) : []).toEqual([])
})

/** Waits until something can be seen; a test that waits in vain runs into its time limit. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise(resolve => setTimeout(resolve, 2))
}
