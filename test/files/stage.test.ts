import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ioError } from '../../src/files/errors.js'
import { ownerOf, ownerState, stageName, thisProcess } from '../../src/files/owner.js'
import { openStage, openTrash } from '../../src/files/stage.js'
import { scratchFolder, scratchHome } from '../support/home.js'

const DAY = 24 * 3600

/** A pid that nobody has: beyond the largest that Linux gives. */
const NOBODY = 4_194_305

function leaveStage(home: string, owner: Partial<ReturnType<typeof thisProcess>>, daysAgo = 0): string {
  const dir = join(home, 'tmp', `${stageName({ ...thisProcess(), ...owner })}abc123`)
  mkdirSync(join(dir, 'item'), { recursive: true })
  writeFileSync(join(dir, 'item', 'half'), 'x')
  age(join(dir, 'item'), daysAgo)
  age(dir, daysAgo)
  return dir
}

function age(path: string, days: number): void {
  const seconds = Date.now() / 1000 - days * DAY
  utimesSync(path, seconds, seconds)
}

test('publishes in one move, and says so when something stands there', async () => {
  const home = scratchHome()
  const target = join(home, 'models', 'a', 'v1')
  const first = await openStage(home)
  writeFileSync(join(first.dir, 'file'), 'one')
  expect(await first.publish(target)).toBe('published')
  const second = await openStage(home)
  writeFileSync(join(second.dir, 'file'), 'two')
  expect(await second.publish(target)).toBe('exists')
  expect(readFileSync(join(target, 'file'), 'utf8')).toBe('one')
  await first.discard()
  await second.discard()
  expect(readdirSync(join(home, 'tmp'))).toEqual([])
})

// F24
test.each([
  ['an empty folder', (path: string) => mkdirSync(path)],
  ['a file', (path: string) => writeFileSync(path, 'precious')],
  ['a link to a folder', (path: string) => symlinkSync(scratchFolder(), path)],
  ['a dangling link', (path: string) => symlinkSync('nowhere', path)],
])('%s at the target: never merged, never followed', async (_, make) => {
  const home = scratchHome()
  const parent = join(home, 'models', 'a')
  mkdirSync(parent, { recursive: true })
  make(join(parent, 'v1'))
  const stage = await openStage(home)
  writeFileSync(join(stage.dir, 'file'), 'x')
  expect(await stage.publish(join(parent, 'v1'))).toBe('exists')
  expect(existsSync(join(parent, 'v1', 'file'))).toBe(false)
  await stage.discard()
})

test('what is taken away can be put back', async () => {
  const home = scratchHome()
  const target = join(home, 'models', 'a', 'v1')
  mkdirSync(target, { recursive: true })
  const trash = await openTrash(home)
  expect(await trash.take(target)).toBe(true)
  expect(existsSync(target)).toBe(false)
  expect(await trash.take(target)).toBe(false)
  await trash.putBack(target)
  expect(existsSync(target)).toBe(true)
  await trash.discard()
})

test('an owner reads back from a stage name; other names have none', () => {
  const me = thisProcess()
  expect(ownerOf(`${stageName(me)}Ab12_z`)).toEqual(me)
  for (const name of ['tmpabc', 'vite-plugin-bento-x', `${stageName(me)}`, `${stageName(me)}a/b`]) {
    expect(ownerOf(name)).toBeUndefined()
  }
  expect(ownerState(me)).toBe('alive')
  expect(ownerState({ ...me, pid: NOBODY })).toBe('dead')
  expect(ownerState({ ...me, pid: process.ppid })).toBe(process.platform === 'linux' ? 'dead' : 'unknown')
  expect(ownerState({ ...me, machine: 'feedfacecafe', pid: NOBODY })).toBe('unknown')
})

// F22
test('sweeps only ours of dead processes; a link is unlinked, its target untouched', async () => {
  const home = scratchHome()
  const dead = leaveStage(home, { pid: NOBODY })
  const reused = leaveStage(home, { pid: process.pid, started: '1' })
  const live = leaveStage(home, {}, 30)
  const foreign = leaveStage(home, { machine: 'feedfacecafe', pid: NOBODY }, 6)
  const foreignOld = leaveStage(home, { machine: 'feedfacecaff', pid: NOBODY }, 8)
  const tmp = join(home, 'tmp')
  for (const name of ['tmpk3j2', 'bentoml_bento_x', 'vite-plugin-bento-garbage', 'vite-plugin-bento-old']) {
    mkdirSync(join(tmp, name))
  }
  age(join(tmp, 'bentoml_bento_x'), 30)
  age(join(tmp, 'vite-plugin-bento-old'), 30)
  const outside = scratchFolder()
  writeFileSync(join(outside, 'precious'), 'x')
  symlinkSync(outside, join(tmp, `${stageName({ ...thisProcess(), pid: NOBODY })}link`))
  const stage = await openStage(home)
  await stage.discard()
  expect([dead, reused, foreignOld].map(existsSync)).toEqual([false, false, false])
  expect([live, foreign].map(existsSync)).toEqual([true, true])
  const names = readdirSync(tmp)
  expect(names).toHaveLength(5)
  expect(names).toEqual(expect.arrayContaining(['tmpk3j2', 'bentoml_bento_x', 'vite-plugin-bento-garbage']))
  expect(readdirSync(outside)).toEqual(['precious'])
})

test('system errors become coded ones, with the cause', () => {
  const error = (code: string) => Object.assign(new Error(code), { code })
  const codes = {
    ENOSPC: 'DISK_FULL',
    EDQUOT: 'DISK_FULL',
    EFBIG: 'DISK_FULL',
    EROFS: 'STORE_READ_ONLY',
    EACCES: 'STORE_READ_ONLY',
    EPERM: 'STORE_READ_ONLY',
    ENOTDIR: 'HOME_INVALID',
    EXDEV: 'IO_FAILED',
    EIO: 'IO_FAILED',
    EMFILE: 'IO_FAILED',
  }
  for (const [code, expected] of Object.entries(codes)) {
    const cause = error(code)
    const wrapped = ioError(cause, 'save model a:v1', '/home')
    expect(wrapped).toMatchObject({ code: expected, cause })
    expect(wrapped.message).toMatch(/^Cannot save model a:v1 at \/home: E/)
    expect(ioError(wrapped, 'anything', 'else')).toBe(wrapped)
  }
})
