import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { decoderOf } from '../../src/archive/codecs.js'
import { type FoundFormat, formatOfName } from '../../src/archive/index.js'
import { openInput } from '../../src/archive/input.js'
import { DEFAULT_LIMITS } from '../../src/archive/limits.js'
import { scratchFolder } from '../support/home.js'
import { describeNeeding, describeOver } from '../support/needs.js'
import { findPython, startPython } from '../support/python.js'
import { repository } from '../support/served.js'
import { treeOf } from '../support/tree.js'
import { CanaryWorld, judged, type Outcome } from './archive-world.js'

const CORPUS = join(repository, '..', 'shared', 'fixtures', 'archives')
const MANIFEST = join(CORPUS, 'MANIFEST.tsv')
/** A row may take so long, milliseconds, on a machine that does other things, too. */
const LIMIT = 5000
/** Small, so that bombs are refused early; what is sound here is far below. */
const LIMITS = { bytes: 64 * 2 ** 20, unpacked: 64 * 2 ** 20, entries: 2000 }

interface Row {
  path: string
  format: string
  expected: 'ok' | 'reject' | 'either'
  reason: string
  /** Only the stream is sound: there is no tar in it. */
  streamOnly: boolean
}

const rows: Row[] = existsSync(MANIFEST)
  ? readFileSync(MANIFEST, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map(line => {
        const [path = '', format = '', expected = '', reason = ''] = line.split('\t')
        const streamOnly = !format.includes('tar') && format !== 'zip'
        return { path, format, expected: expected as Row['expected'], reason, streamOnly }
      })
      // Manifests are tested where they are read: manifest-corpus.test.ts.
      .filter(({ format }) => format !== 'yaml')
  : []
const groups = new Map<string, Row[]>()
for (const row of rows) {
  const group = `${row.path.split('/')[0]} ${row.format}`
  groups.set(group, [...(groups.get(group) ?? []), row])
}
const counts = new Map<string, number>()

afterAll(() => {
  const table = [...groups].flatMap(([group, members]) =>
    (['ok', 'reject', 'either'] as const).flatMap(expected => {
      const total = members.filter(row => row.expected === expected).length
      const taken = counts.get(`${group} ${expected} ok`) ?? 0
      const refused = counts.get(`${group} ${expected} refused`) ?? 0
      const [source = '', format = ''] = group.split(' ')
      return total === 0 ? [] : [{ source, format, expected, total, taken, refused }]
    }),
  )
  console.table(table)
})

describeOver(CORPUS, 'the corpus', () => {
  test.each([...groups])('%s', async (group, members) => {
    const world = new CanaryWorld(scratchFolder())
    for (const row of members) {
      const outcome = await run(row, world)
      const what = outcome.what === 'ok' ? 'ok' : 'refused'
      const key = `${group} ${row.expected} ${what}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
      const wanted = { ok: ['ok'], reject: ['refused'], either: ['ok', 'refused'] }[row.expected]
      expect(wanted, `${row.path} (${row.reason}): ${outcome.message}`).toContain(what)
      expect(outcome.milliseconds, row.path).toBeLessThan(LIMIT)
      rmSync(world.out, { recursive: true, force: true })
      world.check()
    }
  })
})

/** Python takes a folder that MS-DOS wrote, which has no slash at its end, for an empty file. */
const EMPTY = createHash('sha256').digest('hex')
const python = findPython('tarfile')

describeOver(CORPUS, 'of a sound archive', () => {
  describeNeeding(python === undefined ? 'Python' : undefined, 'what comes out', () => {
    test('is what Python finds in it', async () => {
      const peer = startPython(python ?? '', PEER)
      onTestFinished(() => peer.close())
      const world = new CanaryWorld(scratchFolder())
      for (const { path } of rows.filter(row => row.expected === 'ok' && !row.streamOnly)) {
        await world.extract(join(CORPUS, path), { limits: LIMITS })
        const files = treeOf(world.out).filter(line => /^(?:file|exec) /.test(line))
        // Names in old code pages are read one way here and another there.
        const ours = files.map(line => line.split(' ').at(-1)).filter(hash => hash !== EMPTY)
        expect(ours.sort(), path).toEqual(await peer.ask(join(CORPUS, path)))
        rmSync(world.out, { recursive: true })
      }
    })
  })
})

const PEER = `
import hashlib, tarfile, zipfile
def answer(path):
    def digest(file): return hashlib.sha256(file.read()).hexdigest()
    if zipfile.is_zipfile(path) and not tarfile.is_tarfile(path):
        with zipfile.ZipFile(path) as z:
            return sorted(digest(z.open(i)) for i in z.infolist() if i.file_size)
    with tarfile.open(path) as t:
        return sorted(digest(t.extractfile(m)) for m in t if m.isfile() and m.size)
`

/** Streams alone go through their decoder; all else, and streams that are to be refused as well, through the face. */
async function run(row: Row, world: CanaryWorld): Promise<Outcome> {
  const path = join(CORPUS, row.path)
  const whole = () => world.extract(path, { limits: LIMITS, signal: AbortSignal.timeout(LIMIT) })
  const format = row.streamOnly ? formatOfName(`a.${row.format}`) : undefined
  const decode = format === undefined ? undefined : await decoderOf(format as FoundFormat)
  if (decode === undefined) return whole()
  const input = await openInput(path)
  try {
    const decoded = await judged(async () => {
      for await (const _ of decode(input, { ...DEFAULT_LIMITS, bytes: LIMITS.bytes }));
    })
    // No stream of these holds a tar: the face refuses each.
    expect((await whole()).what, row.path).not.toBe('ok')
    return decoded
  } finally {
    await input.close()
  }
}
