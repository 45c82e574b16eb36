import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { pack } from '../../src/archive/index.js'
import { gaussians, numbers } from '../support/archive-data.js'
import { scratchFolder } from '../support/home.js'
import { treeOf } from '../support/tree.js'
import { CanaryWorld } from './archive-world.js'

const FULL = process.env.BENTO_FAULT_FULL === '1'
/** 10,000 as F33 wants them, or as many as fit into the time of a usual run. */
const ROUNDS = FULL ? 10_000 : 1500
const SEED = Number(process.env.BENTO_FUZZ_SEED ?? Date.now() % 2 ** 31)
const LIMITS = { bytes: 16 * 2 ** 20, unpacked: 16 * 2 ** 20, entries: 1000 }
/** Longest time for one, milliseconds. */
const PATIENCE = 20_000

const random = numbers(SEED)
const below = (bound: number) => Math.floor(random() * bound)

/** A tree with one of each kind of thing. */
function sampleTree(): string {
  const dir = scratchFolder()
  mkdirSync(join(dir, 'src/empty'), { recursive: true })
  writeFileSync(join(dir, 'a.txt'), 'text '.repeat(400))
  writeFileSync(join(dir, 'src/run.sh'), '#!/bin/sh\n')
  chmodSync(join(dir, 'src/run.sh'), 0o755)
  writeFileSync(join(dir, 'src/nothing'), '')
  writeFileSync(join(dir, 'src/模型.bin'), gaussians(800, 1))
  writeFileSync(join(dir, 'src', `${'long'.repeat(30)}.txt`), 'x')
  symlinkSync('run.sh', join(dir, 'src/link'))
  return dir
}

const MUTATIONS: readonly ((bytes: Buffer) => Buffer)[] = [
  bytes => changed(bytes, 1, () => 1 << below(8)),
  bytes => changed(bytes, 1 + below(8), () => 1 + below(255)),
  bytes => bytes.subarray(0, below(bytes.length)),
  bytes => Buffer.concat([bytes, bytes.subarray(below(bytes.length))]),
  bytes => {
    const [from, to] = cut(bytes)
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
  },
  bytes => {
    const [from, to] = cut(bytes)
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)])
  },
  bytes => {
    const [from, to] = cut(bytes)
    return Buffer.from(bytes).fill(below(2) === 0 ? 0 : 0xff, from, to)
  },
]

/** Some bytes, anywhere, xored with what `mask` says. */
function changed(bytes: Buffer, count: number, mask: () => number): Buffer {
  const copy = Buffer.from(bytes)
  for (let round = 0; round < count; round++) {
    const at = below(copy.length)
    copy[at] = (copy[at] ?? 0) ^ mask()
  }
  return copy
}

function cut(bytes: Buffer): [number, number] {
  const from = below(bytes.length)
  return [from, Math.min(bytes.length, from + 1 + below(600))]
}

/** Fits the checksums of tar headers to what a mutation has made of them, so that readers look further. */
function mended(tar: Buffer): Buffer {
  const copy = Buffer.from(tar)
  for (let at = 0; at + 512 <= copy.length; at += 512) {
    const header = copy.subarray(at, at + 512)
    if (header.toString('latin1', 257, 262) !== 'ustar') continue
    header.write('        ', 148, 'latin1')
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  }
  return copy
}

/** Files and threads that this process holds open, but for those of the test runner. */
function held(): number {
  const files = readdirSync('/proc/self/fd').map(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return files.filter(path => path.startsWith('/') && !path.startsWith('/dev') && !path.includes('node_modules')).length
}

/** Names and contents; a zip has no checksum of modes. */
function contentsOf(dir: string): string[] {
  return treeOf(dir).map(line => line.replace(/^exec /, 'file '))
}

async function soundArchives(dir: string): Promise<Map<string, Buffer>> {
  const archives = new Map<string, Buffer>()
  const out = scratchFolder()
  for (const format of ['tar', 'zip', 'gz', 'xz', 'bz2'] as const) {
    for (const level of ['fast', 'small'] as const) {
      const { path = '' } = await pack(dir, join(out, `${level}.${format}`), { format, level })
      archives.set(`${format} ${level}`, readFileSync(path))
    }
  }
  return archives
}

test(`${ROUNDS} mutations of sound archives, seed ${SEED}`, { timeout: 3_600_000 }, async () => {
  console.log(`seed ${SEED}`)
  const world = new CanaryWorld(scratchFolder())
  const temp = readdirSync(tmpdir()).filter(name => name.startsWith('vite-plugin-bento'))
  const tree = sampleTree()
  const contents = contentsOf(tree)
  const archives = await soundArchives(tree)
  const names = [...archives.keys()]
  const counts = new Map<string, number>()
  let before = 0
  for (let round = 0; round < ROUNDS; round++) {
    const name = names[round % names.length] ?? ''
    const sound = archives.get(name) ?? Buffer.alloc(0)
    const mutate = MUTATIONS[below(MUTATIONS.length)] ?? (bytes => bytes)
    let bytes = mutate(sound)
    // Half of the tars deeper than their checksums, and some of them within gzip.
    if (name.startsWith('tar') && random() < 0.5) bytes = mended(bytes)
    if (name.startsWith('tar') && random() < 0.2) bytes = gzipSync(bytes, { level: 1 })
    const source = join(world.out, '..', 'archive')
    writeFileSync(source, bytes)
    const asStream = random() < 0.2
    const input = asStream ? chunksOf(bytes) : source
    const signal = AbortSignal.timeout(PATIENCE)
    const outcome = await world.extract(input, { limits: LIMITS, signal }).catch(error => {
      throw new Error(`seed ${SEED}, round ${round}, ${name}`, { cause: error })
    })
    // All but tar have checksums of what is in them: what is taken is what was packed.
    if (outcome.what === 'ok' && !name.startsWith('tar')) expect(contentsOf(world.out), name).toEqual(contents)
    counts.set(outcome.what, (counts.get(outcome.what) ?? 0) + 1)
    rmSync(world.out, { recursive: true, force: true })
    rmSync(source)
    // Once the codecs are loaded.
    if (round === 100) before = held()
    if (round % 500 === 499) world.check()
  }
  world.check()
  console.table(Object.fromEntries(counts))
  expect(held()).toBeLessThanOrEqual(before)
  expect(readdirSync(tmpdir()).filter(name => name.startsWith('vite-plugin-bento') && !temp.includes(name))).toEqual([])
  expect(process.getActiveResourcesInfo().filter(name => name === 'ProcessWrap')).toEqual([])
  // Neither all is taken nor all refused: the mutations reach what they are to reach.
  expect(counts.get('ok')).toBeGreaterThan(0)
  expect(counts.get('ARCHIVE_INVALID')).toBeGreaterThan(0)
})

async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 777) yield bytes.subarray(at, at + 777)
}
