import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fixtureHome, scratchFolder } from '../support/home.js'
import { describeNeeding } from '../support/needs.js'
import { canary, checkStore, leftovers } from './workers/check-store.js'
import { startWorker } from './workers/fleet.js'
import { fillUp, mountMissing, remount, smallDisk } from './workers/small-disk.js'

/** A user that owns nothing. */
const NOBODY = 65534
const isRoot = process.getuid?.() === 0

const MB = 1_000_000

describeNeeding(mountMissing(), 'a full disk', () => {
  // F15
  test('a save fails as DISK_FULL, leaves nothing, and works once there is room', async () => {
    const disk = smallDisk('size=4m')
    const home = join(disk, 'home')
    const worker = await startWorker()
    await worker.get('save', { home, tag: 'm:small', spec: { id: 'small', files: 2, bytes: 1000 } })
    const big = { home, tag: 'm:big', spec: { id: 'big', files: 10, bytes: MB } }
    const answer = await worker.ask('save', big)
    expect(answer?.error).toMatchObject({ code: 'DISK_FULL', cause: 'ENOSPC' })
    expect(answer?.error?.message).toMatch(/save model m:big.*ENOSPC/)
    expect(leftovers(home)).toEqual([])
    expect(await checkStore(home)).toEqual(['m:small'])
    remount(disk, 'size=40m')
    await worker.get('save', big)
    expect(await checkStore(home)).toEqual(['m:big', 'm:small'])
  })

  // F16, by a search: the disk fills up at every step of a save in turn, the manifest and `latest` included.
  test('wherever in a save the disk fills up, nothing of it stays', async () => {
    const disk = smallDisk('size=1m')
    const home = join(disk, 'home')
    const worker = await startWorker()
    await worker.get('save', { home, tag: 'm:first', spec: { id: 'first', files: 1, bytes: 10 } })
    const filler = join(disk, 'filler')
    const seen = new Set<string>()
    for (let free = 0; free < 48; free += 4) {
      fillUp(filler, free * 1024)
      const answer = await worker.ask('save', { home, tag: 'm:next', spec: { id: 'next', files: 3, bytes: 3000 } })
      seen.add(answer?.error?.code ?? 'ok')
      rmSync(filler)
      expect(leftovers(home)).toEqual([])
      expect(await checkStore(home)).toEqual(answer?.error === undefined ? ['m:next', 'm:first'] : ['m:first'])
      if (answer?.error === undefined) await worker.get('delete', { home, tag: 'm:next' })
    }
    expect([...seen].sort()).toEqual(['DISK_FULL', 'ok'])
  })

  test('a delete works on a full disk, and makes room', async () => {
    const disk = smallDisk('size=1m')
    const home = join(disk, 'home')
    const worker = await startWorker()
    for (const id of ['a', 'b'])
      await worker.get('save', { home, tag: `m:${id}`, spec: { id, files: 2, bytes: 50_000 } })
    fillUp(join(disk, 'filler'), 0)
    expect(await worker.get('delete', { home, tag: 'm:b' })).toEqual(['m:b'])
    expect(leftovers(home)).toEqual([])
    expect(await checkStore(home)).toEqual(['m:a'])
  })

  test('no inodes left: likewise', async () => {
    const disk = smallDisk('size=4m,nr_inodes=40')
    const home = join(disk, 'home')
    const worker = await startWorker()
    const answer = await worker.ask('save', { home, tag: 'm:v1', spec: { id: 'x', files: 100, bytes: 10 } })
    expect(answer?.error).toMatchObject({ code: 'DISK_FULL' })
    expect(leftovers(home)).toEqual([])
    expect(await checkStore(home)).toEqual([])
  })

  test('a read-only disk: everything reads, nothing is written, saves and deletes say why', async () => {
    const disk = smallDisk('size=4m')
    const home = join(disk, 'home')
    const worker = await startWorker()
    await worker.get('save', { home, tag: 'm:v1', spec: { id: 'x', files: 2, bytes: 10 } })
    writeFileSync(join(home, 'models', 'm', 'latest'), 'gone')
    remount(disk, 'ro')
    expect(await worker.get('get', { home, tag: 'm' })).toMatchObject({ tag: 'm:v1', whole: true })
    expect(await worker.get('list', { home })).toEqual({ tags: ['m:v1'], problems: [] })
    await worker.get('digest', { home, tag: 'm' })
    for (const [operation, request] of [
      ['save', { tag: 'm:v2', spec: { id: 'y', files: 1, bytes: 1 } }],
      ['delete', { tag: 'm:v1' }],
    ] as const) {
      const answer = await worker.ask(operation, { home, ...request })
      expect(answer?.error).toMatchObject({ code: 'STORE_READ_ONLY', cause: 'EROFS' })
      expect(answer?.error?.hint).toContain('BENTOML_HOME')
    }
  })
})

describeNeeding(isRoot ? undefined : 'root, to become another user', 'a store of another user', () => {
  test('reads as it is, its digests without a cache; saves and deletes say why and leave nothing', async () => {
    const home = fixtureHome()
    execFileSync('chmod', ['-R', 'a+rX', join(home, '..')])
    const before = canary(home)
    const worker = await startWorker({ uid: NOBODY })
    const { tags } = await worker.get<{ tags: string[] }>('list', { home })
    expect(tags).toHaveLength(26)
    await worker.get('digest', { home, tag: 'tree' })
    const save = await worker.ask('save', { home, tag: 'm:v1', spec: { id: 'x', files: 1, bytes: 1 } })
    const gone = await worker.ask('delete', { home, tag: 'digits:v1' })
    for (const answer of [save, gone])
      expect(answer?.error).toMatchObject({ code: expect.stringMatching(/READ_ONLY|IN_USE/) })
    const objects = await worker.ask('delete', { home, tag: 'objects:v1' })
    expect(objects?.error).toMatchObject({ code: 'STORE_READ_ONLY', cause: 'EACCES' })
    expect(canary(home)).toEqual(before)
  })

  // F19
  test.each([
    ['tmp', 'STORE_READ_ONLY'],
    ['models', 'STORE_READ_ONLY'],
    [join('models', 'm'), 'STORE_READ_ONLY'],
  ])('%s not writable', async (folder, code) => {
    const home = join(scratchFolder(), 'home')
    mkdirSync(join(home, 'models', 'm'), { recursive: true })
    mkdirSync(join(home, 'tmp'))
    execFileSync('chown', ['-R', String(NOBODY), join(home, '..')])
    chmodSync(join(home, folder), 0o555)
    const worker = await startWorker({ uid: NOBODY })
    const before = canary(home)
    const tag = folder === 'models' ? 'new:v1' : 'm:v1'
    const answer = await worker.ask('save', { home, tag, spec: { id: 'x', files: 1, bytes: 1 } })
    expect(answer?.error).toMatchObject({ code, cause: 'EACCES' })
    expect(answer?.error?.message).toContain(join(home, folder === 'tmp' ? 'tmp' : 'models'))
    expect(leftovers(home)).toEqual([])
    expect(canary(home).map(line => line.split(' ')[0])).toEqual(before.map(line => line.split(' ')[0]))
  })

  test('a name that may not be read is reported, the others are listed', async () => {
    const home = fixtureHome()
    execFileSync('chmod', ['-R', 'a+rX', join(home, '..')])
    chmodSync(join(home, 'models', 'odd'), 0o700)
    const worker = await startWorker({ uid: NOBODY })
    const listed = await worker.get<{ tags: string[]; problems: unknown[] }>('list', { home })
    expect(listed.tags.length).toBeGreaterThan(10)
    expect(listed.problems).toEqual([{ path: join(home, 'models', 'odd'), reason: 'it cannot be read: EACCES' }])
  })

  test('a store shared by a group: what one user saves, another reads', async () => {
    const home = join(scratchFolder(), 'home')
    chmodSync(join(home, '..'), 0o755)
    const owner = await startWorker()
    await owner.get('save', { home, tag: 'm:v1', spec: { id: 'x', files: 2, bytes: 10 } })
    const reader = await startWorker({ uid: NOBODY })
    expect(await reader.get('get', { home, tag: 'm' })).toMatchObject({ whole: true })
  })
})

// F19
test.each(['the home', 'models', 'tmp'])('%s is a file: a coded error, nothing written', async what => {
  const home = join(scratchFolder(), 'home')
  if (what !== 'the home') mkdirSync(home)
  writeFileSync(what === 'the home' ? home : join(home, what), 'a file')
  const worker = await startWorker()
  const save = await worker.ask('save', { home, tag: 'm:v1', spec: { id: 'x', files: 1, bytes: 1 } })
  expect(save?.error?.code).toBe('HOME_INVALID')
  const list = await worker.ask('list', { home })
  if (what === 'tmp') expect(list?.value).toEqual({ tags: [], problems: [] })
  else expect(list?.error?.code).toBe('HOME_INVALID')
  for (const operation of ['get', 'delete']) {
    const answer = await worker.ask(operation, { home, tag: 'm' })
    expect(answer?.error?.code).toBe(what === 'tmp' ? 'TAG_NOT_FOUND' : 'HOME_INVALID')
  }
  expect(leftovers(what === 'tmp' ? join(home, 'x') : home)).toEqual([])
})

test('a home whose parent is missing is made; one behind a link is used where it points', async () => {
  const base = scratchFolder()
  const worker = await startWorker()
  const deep = join(base, 'a', 'b', 'home')
  await worker.get('save', { home: deep, tag: 'm:v1', spec: { id: 'x', files: 1, bytes: 1 } })
  expect(await checkStore(deep)).toEqual(['m:v1'])
  const link = join(base, 'link')
  symlinkSync(deep, link)
  await worker.get('save', { home: link, tag: 'm:v2', spec: { id: 'y', files: 1, bytes: 1 } })
  expect(await checkStore(deep)).toEqual(['m:v2', 'm:v1'])
  expect(readdirSync(base).sort()).toEqual(['a', 'link'])
  expect(existsSync(join(deep, 'cache'))).toBe(false)
})

test('reading a home that is not there makes nothing', async () => {
  const home = join(scratchFolder(), 'home')
  const worker = await startWorker()
  expect(await worker.get('list', { home })).toEqual({ tags: [], problems: [] })
  for (const operation of ['get', 'delete']) {
    expect((await worker.ask(operation, { home, tag: 'm' }))?.error?.code).toBe('TAG_NOT_FOUND')
  }
  expect(existsSync(home)).toBe(false)
})
