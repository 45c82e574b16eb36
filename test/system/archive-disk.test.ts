import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BentoStore, ModelStore } from '../../src/transfer/index.js'
import { scratchFolder, scratchHome } from '../support/home.js'
import { describeNeeding } from '../support/needs.js'
import { sha256File, treeOf } from '../support/tree.js'
import { CODECS, checkBentos, FORMATS, type Format, noise, saveBento, saveSpec } from './workers/archives.js'
import { canary, checkStore, leftovers } from './workers/check-store.js'
import { startWorker, type Worker } from './workers/fleet.js'
import { fillUp, mountMissing, remount, smallDisk } from './workers/small-disk.js'

/** A user that owns nothing. */
const NOBODY = 65534

/** An archive of `m:v1`, elsewhere. */
async function archive(format: Format, files: number, bytes: number): Promise<string> {
  const source = scratchHome()
  await saveSpec(source, 'm:v1', { id: 'x', files, bytes })
  return (await new ModelStore(source).exportModel('m', join(scratchFolder(), 'x'), { format })).path ?? ''
}

/** What lies at a place for archives, whole. */
function content(out: string): string[] {
  return readdirSync(out).flatMap(name => {
    const path = join(out, name)
    return [name, ...(statSync(path).isDirectory() ? treeOf(path) : [sha256File(path)])]
  })
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

describeNeeding(mountMissing(), 'a full disk', () => {
  // F15
  test.each(FORMATS)('an import fails as DISK_FULL, leaves nothing, and works once there is room: %s', async format => {
    const path = await archive(format, 10, 600_000)
    const disk = smallDisk('size=4m')
    const home = join(disk, 'home')
    const worker = await startWorker()
    await worker.get('save', { home, tag: 'm:small', spec: { id: 'small', files: 2, bytes: 1000 } })
    const answer = await worker.ask('importModel', { home, path })
    expect(answer?.error).toMatchObject({ code: 'DISK_FULL' })
    expect(leftovers(home)).toEqual([])
    expect(await checkStore(home)).toEqual(['m:small'])
    remount(disk, 'size=40m')
    await worker.get('importModel', { home, path })
    expect((await checkStore(home)).sort()).toEqual(['m:small', 'm:v1'])
  })

  test.each(FORMATS)('an export does so too: %s', async format => {
    const home = scratchHome()
    await new ModelStore(home).create('m:v1', {}, dir => writeFileSync(join(dir, 'noise'), noise(6_000_000)))
    const disk = smallDisk('size=4m')
    const worker = await startWorker()
    const request = { home, tag: 'm', path: join(disk, `m.${format}`), options: { format } }
    expect((await worker.ask('exportModel', request))?.error).toMatchObject({ code: 'DISK_FULL' })
    expect(readdirSync(disk)).toEqual([])
    // Nor is anything lost that stood there, and was to be replaced.
    writeFileSync(join(disk, `m.${format}`), 'mine')
    const forced = { ...request, options: { format, force: true } }
    expect((await worker.ask('exportModel', forced))?.error).toMatchObject({ code: 'DISK_FULL' })
    expect(content(disk)).toEqual([`m.${format}`, sha256('mine')])
    remount(disk, 'size=40m')
    await worker.get('exportModel', forced)
    const { path = '' } = await new ModelStore(home).exportModel('m', join(scratchFolder(), `m.${format}`), { format })
    expect(content(disk)).toEqual(content(join(path, '..')))
  })

  // F16, by a search: the disk fills up at every step in turn, at content, manifest and `latest`.
  test.each(['tar', 'zip', 'xz'] as const)(
    'wherever in an import the disk fills up, nothing of it stays: %s',
    async format => {
      const path = await archive(format, 3, 3000)
      const disk = smallDisk('size=1m')
      const home = join(disk, 'home')
      const worker = await startWorker()
      await worker.get('save', { home, tag: 'm:first', spec: { id: 'first', files: 1, bytes: 10 } })
      const seen = await search(join(disk, 'filler'), 48, async () => {
        const answer = await worker.ask('importModel', { home, path })
        expect(leftovers(home)).toEqual([])
        const isThere = answer?.error === undefined
        expect((await checkStore(home)).sort()).toEqual(isThere ? ['m:first', 'm:v1'] : ['m:first'])
        if (isThere) await worker.get('delete', { home, tag: 'm:v1' })
        return answer?.error?.code
      })
      expect(seen).toEqual(['DISK_FULL', 'ok'])
    },
  )

  test('wherever in the import of a bento the disk fills up, its models are taken back', async () => {
    const source = scratchHome()
    for (const tag of ['m:a', 'm:b']) await saveSpec(source, tag, { id: tag, files: 2, bytes: 3000 })
    const { path: stored } = await saveBento(source, 'b:v1', ['m:a', 'm:b'])
    const expected = new Map([['b:v1', treeOf(stored)]])
    const { path } = await new BentoStore(source).exportBento('b', join(scratchFolder(), 'x'), { format: 'tar' })
    const disk = smallDisk('size=1m')
    const home = join(disk, 'home')
    const worker = await startWorker()
    await worker.get('save', { home, tag: 'm:first', spec: { id: 'first', files: 1, bytes: 10 } })
    const seen = await search(join(disk, 'filler'), 200, async () => {
      const answer = await worker.ask('importBento', { home, path })
      expect(leftovers(home)).toEqual([])
      const isThere = answer?.error === undefined
      expect(await checkBentos(home, expected)).toEqual(isThere ? ['b:v1'] : [])
      expect((await checkStore(home)).sort()).toEqual(isThere ? ['m:a', 'm:b', 'm:first'] : ['m:first'])
      if (isThere) {
        await worker.get('deleteBento', { home, tag: 'b' })
        for (const tag of ['m:a', 'm:b']) await worker.get('delete', { home, tag })
      }
      return answer?.error?.code
    })
    expect(seen).toEqual(['DISK_FULL', 'ok'])
  })

  test.each(CODECS)('wherever in an export the disk fills up, nothing of it stays: %s', async format => {
    const home = scratchHome()
    await saveSpec(home, 'm:v1', { id: 'x', files: 3, bytes: 9000 })
    const { path = '' } = await new ModelStore(home).exportModel('m', join(scratchFolder(), format), { format })
    const whole = content(join(path, '..'))
    const disk = smallDisk('size=1m')
    const out = join(disk, 'out')
    mkdirSync(out)
    const worker = await startWorker()
    const seen = await search(join(disk, 'filler'), 80, async () => {
      const answer = await worker.ask('exportModel', { home, tag: 'm', path: join(out, format), options: { format } })
      expect(content(out)).toEqual(answer?.error === undefined ? whole : [])
      rmSync(join(out, format), { recursive: true, force: true })
      return answer?.error?.code
    })
    expect(seen).toEqual(['DISK_FULL', 'ok'])
  })

  // F17
  test.each(FORMATS)('no inodes left: likewise, %s', async format => {
    const path = await archive(format, 100, 10)
    const disk = smallDisk('size=4m,nr_inodes=60')
    const home = join(disk, 'home')
    const worker = await startWorker()
    expect((await worker.ask('importModel', { home, path }))?.error).toMatchObject({ code: 'DISK_FULL' })
    expect(leftovers(home)).toEqual([])
    expect(await checkStore(home)).toEqual([])
    const [source, full] = [scratchHome(), smallDisk('size=4m,nr_inodes=2')]
    await saveSpec(source, 'm:v1', { id: 'x', files: 100, bytes: 10 })
    writeFileSync(join(full, 'last'), '')
    const request = { home: source, tag: 'm', path: join(full, 'x'), options: { format } }
    expect((await worker.ask('exportModel', request))?.error).toMatchObject({ code: 'DISK_FULL' })
    expect(readdirSync(full)).toEqual(['last'])
    remount(disk, 'nr_inodes=1000')
    remount(full, 'nr_inodes=1000')
    await worker.get('importModel', { home, path })
    await worker.get('exportModel', request)
    expect(await checkStore(home)).toEqual(['m:v1'])
  })

  // F18
  test('a read-only disk: all is exported, an import says why it cannot be', async () => {
    const disk = smallDisk('size=4m')
    const home = join(disk, 'home')
    const worker = await startWorker()
    await saveSpec(home, 'm:v1', { id: 'x', files: 2, bytes: 1000 })
    await saveBento(home, 'b:v1', ['m:v1'])
    const path = await archive('tar', 2, 1000)
    remount(disk, 'ro')
    await readsAndRefuses(worker, home, path, 'EROFS')
  })
})

async function readsAndRefuses(worker: Worker, home: string, path: string, cause: string): Promise<void> {
  const out = scratchFolder()
  execFileSync('chmod', ['777', out])
  expect(await worker.get('list', { home })).toEqual({ tags: ['m:v1'], problems: [] })
  for (const format of FORMATS) {
    await worker.get('exportModel', { home, tag: 'm', path: join(out, `m.${format}`), options: { format } })
    const request = { home, tag: 'b', path: join(out, `b.${format}`), options: { format: as(format) } }
    expect(await worker.get('exportBento', request)).toEqual(['m:v1'])
  }
  const answer = await worker.ask('importModel', { home, path, options: { as: 'other' } })
  expect(answer?.error).toMatchObject({ code: 'STORE_READ_ONLY', cause })
  expect(answer?.error?.hint).toContain('BENTOML_HOME')
  const fresh = scratchHome()
  await new BentoStore(fresh).importBento(join(out, 'b.zip'))
  expect(await checkStore(fresh)).toEqual(['m:v1'])
}

function as(format: Format): string {
  return format === 'bentomodel' ? 'bento' : format
}

test('an export writes nothing to the store, although it could', async () => {
  const home = scratchHome()
  await saveSpec(home, 'm:v1', { id: 'x', files: 2, bytes: 1000 })
  await saveBento(home, 'b:v1', ['m:v1'])
  const before = canary(home)
  for (const format of FORMATS) {
    await new ModelStore(home).exportModel('m', join(scratchFolder(), 'm'), { format })
    await new BentoStore(home).exportBento('b', join(scratchFolder(), 'b'), {
      format: format === 'bentomodel' ? 'bento' : format,
    })
  }
  // Any file made on the way would show in the time of its folder.
  expect(canary(home)).toEqual(before)
})

describeNeeding(
  process.getuid?.() === 0 ? undefined : 'root, to become another user',
  'a store of another user',
  () => {
    test('is exported as it is; an import says why it cannot be, and leaves nothing', async () => {
      const home = scratchHome()
      await saveSpec(home, 'm:v1', { id: 'x', files: 2, bytes: 1000 })
      await saveBento(home, 'b:v1', ['m:v1'])
      const path = await archive('tar', 2, 1000)
      for (const folder of [join(home, '..'), join(path, '..')]) execFileSync('chmod', ['-R', 'a+rX', folder])
      const before = canary(home)
      await readsAndRefuses(await startWorker({ uid: NOBODY }), home, path, 'EACCES')
      expect(canary(home)).toEqual(before)
    })
  },
)

/** Works with less and less of the disk filled. @returns what came of it, each once: codes of errors, or `ok` */
async function search(filler: string, kib: number, work: () => Promise<string | undefined>): Promise<string[]> {
  const seen = new Set<string>()
  for (let free = 0; free <= kib; free += 4) {
    fillUp(filler, free * 1024)
    seen.add((await work()) ?? 'ok')
    rmSync(filler)
  }
  return [...seen].sort()
}
