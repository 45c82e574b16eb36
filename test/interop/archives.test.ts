import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { computeDigest } from '../../src/store/digest.js'
import type { Bento, Model } from '../../src/store/index.js'
import { BentoStore, ModelStore } from '../../src/transfer/index.js'
import { bentomlFixture } from '../support/home.js'
import { describeNeeding } from '../support/needs.js'
import { treeOf } from '../support/tree.js'
import { FORMATS, type Format, saveItems, UNKNOWN } from './archive-items.js'
import { bentomlMissing, Peer } from './peer.js'

// One home that we filled, one that BentoML filled (`fixtures/bentoml`); every item goes across in every format.
describeNeeding(bentomlMissing, 'archives, shared with BentoML', () => {
  const base = mkdtempSync(join(tmpdir(), 'bento interop-'))
  const ours = join(base, 'ours')
  const theirs = join(base, 'theirs')
  const [models, theirModels] = [ours, theirs].map(home => new ModelStore(home)) as [ModelStore, ModelStore]
  const [bentos, theirBentos] = [ours, theirs].map(home => new BentoStore(home)) as [BentoStore, BentoStore]
  let saved: { rich: Model; linked: Model; bento: Bento }
  let peer: Peer

  beforeAll(async () => {
    mkdirSync(theirs)
    execFileSync('tar', ['-xf', bentomlFixture('home.tar'), '-C', theirs])
    saved = await saveItems(ours)
    peer = new Peer(theirs)
  })
  afterAll(async () => {
    await peer?.stop()
    rmSync(base, { recursive: true, force: true })
  })

  const place = (who: string, format: Format) => join(base, `${who}.${format}`)
  /** BentoML's command line cannot name the format `folder`, its API can. */
  const named = (format: Format) => (format === 'folder' ? format : undefined)

  describe.each(FORMATS.model)('model, %s', format => {
    it('ours to BentoML: content, fields, time, digest and unknown keys', async () => {
      const { path = '' } = await models.exportModel('rich:v1', place('our-model', format), { format })
      const read = await peer.importModel(path, named(format))
      const { info } = saved.rich
      expect(read).toMatchObject({
        tag: 'rich:v1',
        labels: info.labels,
        metadata: info.metadata,
        creation_time: info.creationTime,
      })
      const arrived = await theirModels.get('rich:v1')
      expect(readFileSync(join(arrived.path, 'model.yaml'), 'utf8')).toBe(
        readFileSync(join(saved.rich.path, 'model.yaml'), 'utf8'),
      )
      expect(readFileSync(join(arrived.path, 'model.yaml'), 'utf8')).toContain(UNKNOWN)
      // What BentoML's reader (fsspec) loses of any archive: modes. It uses a folder in place.
      expect(treeOf(arrived.path)).toEqual(format === 'folder' ? treeOf(saved.rich.path) : plain(saved.rich.path))
      expect((await computeDigest(arrived.path)).digest).toBe(info.digest)
      await peer.deleteModel('rich:v1')
    })

    it('ours to BentoML, with links', async () => {
      const { path = '', notes } = await models.exportModel('linked:v1', place('our-linked', format), { format })
      expect(notes).toHaveLength(format === 'zip' ? 1 : 0)
      const refused = await peer.importModel(path, named(format)).then(
        () => undefined,
        (error: Error) => error.message,
      )
      if (format === 'zip' && refused !== undefined) {
        // Since 1.4.40.
        expect(refused).toContain('zip symlinks are unsupported')
        return
      }
      expect(refused).toBeUndefined()
      const arrived = await theirModels.get('linked:v1')
      expect(treeOf(arrived.path).filter(line => line.startsWith('link'))).toEqual([])
      const texts = ['link.txt', 'nested/up.txt'].map(link => readFileSync(join(arrived.path, link), 'utf8'))
      if (format === 'zip') {
        // Python's zipfile knows no links: it reads the entry, as Info-ZIP writes it, as a file with the target's name.
        expect(texts).toEqual(['vocab.txt', '../vocab.txt'])
      } else {
        // Links have become copies of what they point at, which the digest does not tell apart.
        const vocab = readFileSync(join(saved.linked.path, 'vocab.txt'), 'utf8')
        expect(texts).toEqual([vocab, vocab])
        expect((await computeDigest(arrived.path)).digest).toBe(saved.linked.info.digest)
      }
      await peer.deleteModel('linked:v1')
    })

    it.each(['tree:bmrpo4xfh6gdyax4', 'objects:v1', 'odd:1e5', 'iris_clf:v2'])('BentoML to ours: %s', async tag => {
      const model = await theirModels.get(tag)
      const path = await peer.exportModel(tag, place(`their-${tag.replace(':', '-')}`, format), format)
      const { model: arrived } = await new ModelStore(join(base, `from-${format}`)).importModel(path)
      // BentoML drops modes already as it writes a folder.
      expect(treeOf(arrived.path)).toEqual(format === 'folder' ? plain(model.path) : treeOf(model.path))
      expect({ ...arrived, path: '' }).toEqual({ ...model, path: '' })
      expect((await computeDigest(arrived.path)).digest).toBe((await computeDigest(model.path)).digest)
    })

    it('BentoML to ours, with links, an executable, an empty folder and unknown keys', async () => {
      const tag = `linked:${format}`
      const source = join(theirs, 'models/linked', format)
      cpSync(join(ours, 'models/linked/v1'), source, { recursive: true, verbatimSymlinks: true })
      renameVersion(join(source, 'model.yaml'), format)
      const path = await peer.exportModel(tag, place('their-linked', format), format)
      const { model: arrived } = await new ModelStore(join(base, `from-${format}`)).importModel(path)
      expect(readFileSync(join(arrived.path, 'model.yaml'), 'utf8')).toContain(UNKNOWN)
      // BentoML follows links as it writes a zip or a folder; in a tar they stay what they are.
      const keepsLinks = format !== 'zip' && format !== 'folder'
      expect(treeOf(arrived.path)).toEqual(
        keepsLinks ? treeOf(source) : format === 'zip' ? dissolved(source) : plain(source),
      )
      expect((await computeDigest(arrived.path)).digest).toBe(saved.linked.info.digest)
      rmSync(source, { recursive: true })
    })
  })

  describe.each(FORMATS.bento)('bento, %s', format => {
    it('ours to BentoML, with its models', async () => {
      const tag = String(saved.bento.tag)
      const { path = '', models: carried } = await bentos.exportBento(tag, place('our-bento', format), { format })
      expect(carried.map(String)).toEqual(['rich:v1'])
      // The models come from the archive: Python's store has none of that name.
      await expect(theirModels.list('rich')).rejects.toMatchObject({ code: 'TAG_NOT_FOUND' })
      const read = await peer.importBento(path, named(format))
      const { info } = saved.bento
      expect(read).toMatchObject({
        tag,
        labels: info.labels,
        creation_time: info.creationTime,
        models: ['rich:v1'],
        entry_service: info.entryService,
      })
      const arrived = await theirBentos.get(tag)
      // As for models; of a folder, BentoML copies a bento's files with their modes.
      expect(treeOf(arrived.path)).toEqual(format === 'folder' ? treeOf(saved.bento.path) : plain(saved.bento.path))
      execFileSync('sha256sum', ['-c', '--strict', '--quiet', 'SHA256SUMS'], { cwd: arrived.path })
      expect(await peer.model('rich:v1')).toMatchObject({ creation_time: saved.rich.creationTime })
      const model = await theirModels.get('rich:v1')
      expect((await computeDigest(model.path)).digest).toBe(saved.rich.info.digest)
      await peer.deleteBento(tag)
      await peer.deleteModel('rich:v1')
    })

    it('BentoML to ours, with its models and unknown keys', async () => {
      const source = await theirBentos.get('greeter:b1')
      if (!readFileSync(join(source.path, 'bento.yaml'), 'utf8').includes(UNKNOWN)) {
        appendFileSync(join(source.path, 'bento.yaml'), UNKNOWN)
        chmodSync(join(source.path, 'bento.yaml'), 0o644)
      }
      const path = await peer.exportBento('greeter:b1', place('their-bento', format), format)
      const home = join(base, `bento-from-${format}`)
      const imported = await new BentoStore(home).importBento(path)
      expect(imported).toMatchObject({ outcome: 'imported', missing: [] })
      const [was, is] = [await theirBentos.get('greeter:b1'), imported.bento]
      expect({ ...is, path: '' }).toEqual({ ...was, path: '' })
      const seen = format === 'folder' ? plain : treeOf
      expect(treeOf(is.path)).toEqual(seen(was.path))
      expect(readFileSync(join(is.path, 'bento.yaml'), 'utf8')).toContain(UNKNOWN)
      const arrived = new ModelStore(home)
      expect(imported.models.map(model => `${model.tag} ${model.outcome}`)).toEqual([
        'iris_clf:v2 imported',
        'tree:bmrpo4xfh6gdyax4 imported',
      ])
      for (const { tag } of imported.models) {
        const [before, after] = [await theirModels.get(tag), await arrived.get(tag)]
        expect(treeOf(after.path)).toEqual(seen(before.path))
        expect(after.creationTime).toBe(before.creationTime)
        expect((await computeDigest(after.path)).digest).toBe((await computeDigest(before.path)).digest)
      }
      // The stored bento has no models of its own: they are in the model store.
      expect(existsSync(join(is.path, 'models'))).toBe(false)
    })
  })

  it('goes there and back with the same digest', async () => {
    for (const format of ['bentomodel', 'zip'] as const) {
      const out = await models.exportModel('rich:v1', place('there', format))
      await peer.importModel(out.path ?? '')
      const back = await peer.exportModel('rich:v1', place('back', format))
      const { model } = await new ModelStore(join(base, `back-${format}`)).importModel(back)
      expect(model.info).toEqual(saved.rich.info)
      expect((await computeDigest(model.path)).digest).toBe(saved.rich.info.digest)
      await peer.deleteModel('rich:v1')
    }
  })
})

/** A tree without modes and with links as what they point at: what reading through fsspec leaves. */
function plain(dir: string): string[] {
  return dissolved(dir).map(line => line.replace(/^exec/, 'file'))
}

/** A tree with links as what they point at. */
function dissolved(dir: string): string[] {
  const copy = mkdtempSync(join(tmpdir(), 'dissolved-'))
  try {
    execFileSync('cp', ['-rL', '--preserve=mode', `${dir}/.`, copy])
    return treeOf(copy)
  } finally {
    rmSync(copy, { recursive: true })
  }
}

function renameVersion(manifest: string, version: string): void {
  const text = readFileSync(manifest, 'utf8').replace(/^version: .*$/m, `version: '${version}'`)
  writeFileSync(manifest, text)
}
