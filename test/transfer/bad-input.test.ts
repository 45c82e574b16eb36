import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { bentomlFixture, fixtureHome, saveModel, scratchFolder } from '../support/home.js'
import { FORMATS, oddBento, oddModel, refusal, tarOf, type World, world } from './world.js'

const MODEL = bentomlFixture('archives/iris_clf-v2.model.folder')
const COMPRESSED = FORMATS.filter(format => format !== 'folder')

/** A copy of a folder, to be spoilt. */
function copyOf(folder: string): string {
  const copy = join(scratchFolder(), 'copy')
  execFileSync('cp', ['-r', folder, copy])
  return copy
}

/** The tar of a spoilt copy of a model's folder, and that folder. */
function spoilt(spoil: (dir: string) => void): string[] {
  const dir = copyOf(MODEL)
  spoil(dir)
  return [dir, tarOf(dir, join(scratchFolder(), 'spoilt.tar'))]
}

const edit = (path: string, change: (text: string) => string) => writeFileSync(path, change(readFileSync(path, 'utf8')))

describe('a model is refused, and leaves no trace', () => {
  const refused = (source: string, stores: World = world()) => refusal(stores, () => stores.models.importModel(source))

  test.each(COMPRESSED)('a truncated %s', async format => {
    const file = join(scratchFolder(), `a.${format}`)
    const whole = readFileSync(bentomlFixture(`archives/iris_clf-v2.model.${format}`))
    for (const length of [1, 20, Math.floor(whole.length / 2), whole.length - (format === 'tar' ? 9000 : 3)]) {
      writeFileSync(file, whole.subarray(0, length))
      expect(await refused(file)).toMatchObject({ code: 'ARCHIVE_INVALID' })
    }
  })

  test.each(COMPRESSED.filter(format => format !== 'tar'))('a corrupt %s', async format => {
    const file = join(scratchFolder(), `a.${format}`)
    const whole = readFileSync(bentomlFixture(`archives/iris_clf-v2.model.${format}`))
    whole[Math.floor(whole.length / 2)]! ^= 0xff
    writeFileSync(file, whole)
    expect(await refused(file)).toMatchObject({ code: 'ARCHIVE_INVALID' })
  })

  test('an empty file, a text, nothing at all', async () => {
    const dir = scratchFolder()
    writeFileSync(join(dir, 'empty.bentomodel'), '')
    writeFileSync(join(dir, 'text.bentomodel'), 'This is no archive.\n'.repeat(100))
    expect(await refused(join(dir, 'empty.bentomodel'))).toMatchObject({ code: 'ARCHIVE_INVALID' })
    expect(await refused(join(dir, 'text.bentomodel'))).toMatchObject({ code: 'ARCHIVE_INVALID' })
    expect(await refused(join(dir, 'none.bentomodel'))).toMatchObject({ code: 'SOURCE_NOT_FOUND' })
    expect(await refused('s3://bucket/iris.bentomodel')).toMatchObject({ code: 'OPTION_INVALID' })
    expect(await refused('')).toMatchObject({ code: 'OPTION_INVALID' })
  })

  test('another format than was named', async () => {
    const stores = world()
    const file = bentomlFixture('archives/iris_clf-v2.model.gz')
    const failure = await refusal(stores, () => stores.models.importModel(file, { format: 'zip' }))
    expect(failure).toMatchObject({ code: 'FORMAT_UNKNOWN' })
  })

  test('no manifest: says what is there', async () => {
    const without = spoilt(dir => rmSync(join(dir, 'model.yaml')))
    for (const source of without) {
      const failure = await refused(source)
      expect(failure).toMatchObject({ code: 'MANIFEST_INVALID', details: { found: ['model.onnx'] } })
      expect((failure as Error).message).toContain('"model.onnx"')
    }
    const empty = scratchFolder()
    for (const source of [empty, tarOf(empty, join(scratchFolder(), 'a.tar'))]) {
      expect(await refused(source)).toMatchObject({
        code: 'MANIFEST_INVALID',
        message: expect.stringContaining('empty'),
      })
    }
  })

  test('wrapped in several folders: says where the manifest is', async () => {
    const dir = scratchFolder()
    mkdirSync(join(dir, 'a/b'), { recursive: true })
    execFileSync('cp', ['-r', MODEL, join(dir, 'a/b/c')])
    for (const source of [dir, tarOf(dir, join(scratchFolder(), 'a.tar'))]) {
      const failure = await refused(source)
      expect(failure).toMatchObject({ code: 'MANIFEST_INVALID', details: { found: ['a/b/c/model.yaml'] } })
    }
  })

  test('wrapped beside something else', async () => {
    const dir = scratchFolder()
    execFileSync('cp', ['-r', MODEL, join(dir, 'a')])
    writeFileSync(join(dir, 'b'), '')
    expect(await refused(dir)).toMatchObject({ code: 'MANIFEST_INVALID' })
  })

  test('the version "latest", whether the store has that name or not', async () => {
    const stores = world()
    const sources = spoilt(dir =>
      edit(join(dir, 'model.yaml'), text => text.replace(/^version: .*/m, 'version: latest')),
    )
    for (const source of sources) expect(await refused(source)).toMatchObject({ code: 'TAG_INVALID' })
    await stores.models.importModel(MODEL)
    for (const source of sources) expect(await refused(source, stores)).toMatchObject({ code: 'TAG_INVALID' })
    const { tag } = await stores.models.importModel(sources[1] ?? '', { as: 'iris_clf:v9' })
    expect(String(tag)).toBe('iris_clf:v9')
  })

  test('a bento, and the other way round: names the other command', async () => {
    const stores = world()
    for (const format of ['zip', 'folder']) {
      const bento = bentomlFixture(`archives/greeter-b1.bento.${format}`)
      const wrong = { code: 'MANIFEST_INVALID', hint: expect.stringContaining('bento import') }
      expect(await refused(bento)).toMatchObject(wrong)
      const model = bentomlFixture(`archives/iris_clf-v2.model.${format}`)
      const failure = await refusal(stores, () => stores.bentos.importBento(model))
      expect(failure).toMatchObject({ code: 'MANIFEST_INVALID', hint: expect.stringContaining('bento models import') })
    }
  })

  test.each([
    ['no YAML', () => 'name: [\n'],
    ['a list', () => '- name\n'],
    ['without its labels', (text: string) => text.replace(/^labels:[\s\S]*?^options/m, 'options')],
    ['a name that climbs', (text: string) => text.replace(/^name: .*/m, 'name: ../../evil')],
    ['a name that is no text', (text: string) => text.replace(/^name: .*/m, 'name: [a]')],
    ['a version that is none', (text: string) => text.replace(/^version: .*/m, "version: ''")],
    ['no time', (text: string) => text.replace(/^creation_time: .*/m, 'creation_time: soon')],
    ['too long', (text: string) => `${text}# ${'x'.repeat(1 << 20)}\n`],
  ])('a manifest that is %s', async (_, change) => {
    for (const source of spoilt(dir => edit(join(dir, 'model.yaml'), change))) {
      expect(await refused(source)).toMatchObject({ code: 'MANIFEST_INVALID' })
    }
  })

  test('a manifest that is a link, a folder, or not UTF-8', async () => {
    const linked = spoilt(dir => {
      execFileSync('mv', ['model.yaml', 'other.yaml'], { cwd: dir })
      symlinkSync('other.yaml', join(dir, 'model.yaml'))
    })
    const folder = spoilt(dir => {
      rmSync(join(dir, 'model.yaml'))
      mkdirSync(join(dir, 'model.yaml'))
    })
    const latin = spoilt(dir => writeFileSync(join(dir, 'model.yaml'), Buffer.from('name: \xfc', 'latin1')))
    for (const source of [...linked, ...folder, ...latin]) {
      expect(await refused(source)).toMatchObject({ code: 'MANIFEST_INVALID' })
    }
  })

  test('the version "latest"', async () => {
    for (const source of spoilt(dir =>
      edit(join(dir, 'model.yaml'), text => text.replace('version: v2', 'version: latest')),
    )) {
      expect(await refused(source)).toMatchObject({ code: 'TAG_INVALID' })
    }
    const stores = world()
    const failure = await refusal(stores, () => stores.models.importModel(MODEL, { as: 'a:latest' }))
    expect(failure).toMatchObject({ code: 'TAG_INVALID' })
    expect(await refusal(stores, () => stores.models.importModel(MODEL, { as: '../x' }))).toMatchObject({
      code: 'TAG_INVALID',
    })
  })

  test('files that are not those of its digest', async () => {
    const from = world()
    await oddModel(from)
    const { path } = await from.models.exportModel('odd:v1', scratchFolder(), { format: 'folder' })
    for (const spoil of [
      (dir: string) => writeFileSync(join(dir, 'weights/a.bin'), 'b'.repeat(70_000)),
      (dir: string) => writeFileSync(join(dir, 'more'), ''),
      (dir: string) => rmSync(join(dir, '.hidden')),
    ]) {
      const dir = copyOf(path!)
      spoil(dir)
      expect(await refused(dir)).toMatchObject({ code: 'DIGEST_MISMATCH' })
    }
  })

  test('a tag that is taken, whatever the format, and under another tag too', async () => {
    const stores = world(fixtureHome())
    await stores.models.setLatest('iris_clf:v1')
    for (const format of FORMATS) {
      const failure = await refused(bentomlFixture(`archives/iris_clf-v2.model.${format}`), stores)
      expect(failure).toMatchObject({ code: 'TAG_EXISTS', details: { tag: 'iris_clf:v2' } })
    }
    const failure = await refusal(stores, () => stores.models.importModel(MODEL, { as: 'digits:v1' }))
    expect(failure).toMatchObject({
      code: 'TAG_EXISTS',
      details: { tag: 'digits:v1' },
      hint: expect.stringContaining('--as'),
    })
  })

  test('a stream that breaks off, and a signal that does', async () => {
    const stores = world()
    const file = bentomlFixture('archives/greeter-b1.bento.tar')
    async function* broken() {
      yield readFileSync(file).subarray(0, 20_000)
      throw new Error('gone')
    }
    const cut = await refusal(stores, () => stores.bentos.importBento(Readable.from(broken())))
    expect(cut).toMatchObject({ code: 'IO_FAILED', message: expect.stringContaining('gone') })
    const reason = new Error('enough')
    const signal = AbortSignal.abort(reason)
    expect(await refusal(stores, () => stores.bentos.importBento(file, { signal }))).toBe(reason)
    const controller = new AbortController()
    const onProgress = () => controller.abort(reason)
    const options = { signal: controller.signal, onProgress }
    expect(await refusal(stores, () => stores.bentos.importBento(file, options))).toBe(reason)
  })
})

describe('a bento is refused, and leaves no trace', () => {
  /** The folder of an exported bento with models, spoilt. */
  async function spoiltBento(spoil: (dir: string) => void): Promise<string> {
    const from = world()
    await oddBento(from)
    const { path } = await from.bentos.exportBento('svc', scratchFolder(), { format: 'folder' })
    spoil(path!)
    return path!
  }
  const refused = (source: string, stores: World = world()) => refusal(stores, () => stores.bentos.importBento(source))

  test('a model of another tag than its folder says, or damaged', async () => {
    const other = await spoiltBento(dir =>
      edit(join(dir, 'models/odd/v1/model.yaml'), text => text.replace('version: v1', 'version: v2')),
    )
    expect(await refused(other)).toMatchObject({ code: 'MANIFEST_INVALID', message: expect.stringContaining('odd:v2') })
    const damaged = await spoiltBento(dir => writeFileSync(join(dir, 'models/odd/v1/model.yaml'), 'name: ['))
    expect(await refused(damaged)).toMatchObject({ code: 'MANIFEST_INVALID' })
    const changed = await spoiltBento(dir => writeFileSync(join(dir, 'models/odd/v1/.hidden'), 'other'))
    expect(await refused(changed)).toMatchObject({
      code: 'DIGEST_MISMATCH',
      message: expect.stringContaining('odd:v1'),
    })
  })

  test('a model that the store holds with other content; nothing else of it is imported', async () => {
    const file = await spoiltBento(() => {})
    const stores = world()
    await saveModel(stores.models, 'other:v1')
    await saveModel(stores.models, 'other:v0', { creationTime: '2001-01-01T00:00:00+00:00' })
    await stores.models.setLatest('other:v0')
    expect(await refused(file, stores)).toMatchObject({ code: 'TAG_EXISTS', details: { tag: 'other:v1' } })
    // Equal files, another manifest.
    const labelled = world()
    await labelled.models.create('other:v1', { labels: { a: 'b' } }, dir => writeFileSync(join(dir, 'x'), 'v1'))
    expect(await refused(file, labelled)).toMatchObject({ code: 'TAG_EXISTS', details: { tag: 'other:v1' } })
  })

  test('a tag that is taken, before what comes after the manifest is looked at', async () => {
    const stores = world(fixtureHome())
    const cut = join(scratchFolder(), 'cut.tar')
    writeFileSync(cut, readFileSync(bentomlFixture('archives/greeter-b1.bento.tar')).subarray(0, 60_000))
    expect(await refused(cut, stores)).toMatchObject({ code: 'TAG_EXISTS' })
    expect(await stores.bentos.importBento(cut, { skipExisting: true })).toMatchObject({ outcome: 'exists' })
    expect(await refused(cut)).toMatchObject({ code: 'ARCHIVE_INVALID' })
    for (const format of ['bento', 'folder']) {
      const failure = await refused(bentomlFixture(`archives/greeter-b1.bento.${format}`), stores)
      expect(failure).toMatchObject({ code: 'TAG_EXISTS', hint: expect.stringContaining('--skip-existing') })
    }
  })

  test('a bento that cannot be published after all: its models are taken back, and latest is as it was', async () => {
    const file = await spoiltBento(() => {})
    const stores = world()
    await saveModel(stores.models, 'other:v0', { creationTime: '2001-01-01T00:00:00+00:00' })
    await saveModel(stores.models, 'other:v9', { creationTime: '2002-01-01T00:00:00+00:00' })
    await stores.models.setLatest('other:v0')
    // A stray file in the place of the name is found out by the last step of all.
    mkdirSync(stores.bentos.root, { recursive: true })
    writeFileSync(join(stores.bentos.root, 'svc'), '')
    expect(await refused(file, stores)).toMatchObject({ code: expect.stringMatching(/HOME_INVALID|IO_FAILED/) })
    expect(readFileSync(join(stores.models.root, 'other', 'latest'), 'utf8')).toBe('v0')
    rmSync(join(stores.bentos.root, 'svc'))
    await stores.bentos.importBento(file)
  })

  test('checksums that do not hold: names the files', async () => {
    const sums =
      "find . -type f ! -path './models/*' ! -name SHA256SUMS -printf '%P\\0' | xargs -0 sha256sum > SHA256SUMS"
    const whole = await spoiltBento(dir => execFileSync('sh', ['-c', sums], { cwd: dir }))
    const good = world()
    await good.bentos.importBento(whole)
    for (const [spoil, name] of [
      [(dir: string) => writeFileSync(join(dir, '.hidden'), 'x'), '.hidden'],
      [(dir: string) => rmSync(join(dir, 'weights/empty.bin')), 'weights/empty.bin'],
      [(dir: string) => edit(join(dir, 'bento.yaml'), text => text.replace('team: x', 'team: y')), 'bento.yaml'],
    ] as const) {
      const dir = copyOf(whole)
      spoil(dir)
      const failure = await refused(dir)
      expect(failure).toMatchObject({ code: 'DIGEST_MISMATCH', details: { files: [name] } })
    }
  })

  test('a pin that is not the digest of the model', async () => {
    const digest = `sha256:${'0'.repeat(64)}`
    const pin = (text: string) => text.replace(/(- tag: odd:v1\n(?: .*\n)*)/, `$1  metadata:\n    digest: ${digest}\n`)
    const file = await spoiltBento(dir => edit(join(dir, 'bento.yaml'), pin))
    expect(readFileSync(join(file, 'bento.yaml'), 'utf8')).toContain(digest)
    const failure = { code: 'DIGEST_MISMATCH', details: { models: ['odd:v1'] } }
    expect(await refused(file)).toMatchObject(failure)
    // The store's own is held against it, too.
    rmSync(join(file, 'models'), { recursive: true })
    const stores = world()
    await oddModel(stores)
    expect(await refused(file, stores)).toMatchObject(failure)
  })

  test('a line break where a Dockerfile is made of it', async () => {
    for (const yaml of [
      'envs:\n- name: A\n  value: "1\\nRUN evil"\n',
      'envs:\n- name: "A\\rB"\n',
      'spec: 2\nimage:\n  base_image: "node\\nRUN evil"\n',
      'docker:\n  env:\n    A: "1\\nRUN evil"\n',
      'docker:\n  env:\n  - "A=1\\nRUN evil"\n',
    ]) {
      const dir = scratchFolder()
      writeFileSync(join(dir, 'bento.yaml'), `name: a\nversion: b\nservice: ''\n${yaml}`)
      expect(await refused(dir)).toMatchObject({
        code: 'MANIFEST_INVALID',
        message: expect.stringContaining('line break'),
      })
    }
  })
})

describe('an export is refused, and leaves no trace', () => {
  test('where something stands already, or nothing can stand', async () => {
    const stores = world(fixtureHome())
    const out = scratchFolder()
    writeFileSync(join(out, 'file'), 'mine')
    const to = (name: string, options = {}) =>
      refusal(stores, () => stores.models.exportModel('iris_clf:v2', join(out, name), options), out)
    expect(await to('file', { format: 'zip' })).toMatchObject({ code: 'TARGET_EXISTS' })
    expect(await to('file/x.zip')).toMatchObject({ code: 'TARGET_INVALID' })
    expect(readFileSync(join(out, 'file'), 'utf8')).toBe('mine')
  })

  test('into the store', async () => {
    const stores = world(fixtureHome())
    const { path } = await stores.models.get('iris_clf:v2')
    for (const place of [path, join(path, 'deep'), stores.models.root, join(stores.bentos.root, 'x')]) {
      const failure = await refusal(stores, () => stores.models.exportModel('iris_clf:v2', `${place}/`))
      expect(failure).toMatchObject({ code: 'TARGET_INVALID' })
    }
    const link = join(scratchFolder(), 'link')
    symlinkSync(path, link)
    const failure = await refusal(stores, () => stores.models.exportModel('iris_clf:v2', join(link, 'x.zip')))
    expect(failure).toMatchObject({ code: 'TARGET_INVALID' })
  })

  test('where the tag is none', async () => {
    const stores = world(fixtureHome())
    const out = scratchFolder()
    expect(await refusal(stores, () => stores.models.exportModel('none', out), out)).toMatchObject({
      code: 'TAG_NOT_FOUND',
    })
    expect(await refusal(stores, () => stores.bentos.exportBento('a:b:c', out), out)).toMatchObject({
      code: 'TAG_INVALID',
    })
  })

  test('where a file shrinks while it is packed, or a signal ends it', async () => {
    const stores = world()
    await stores.models.create('big:v1', {}, dir => {
      for (const name of ['a', 'b']) writeFileSync(join(dir, name), Buffer.alloc(9 << 20))
    })
    const { path } = await stores.models.get('big:v1')
    const out = scratchFolder()
    const reason = new Error('enough')
    const controller = new AbortController()
    const options = { signal: controller.signal, onProgress: () => controller.abort(reason) }
    expect(await refusal(stores, () => stores.models.exportModel('big', out, options), out)).toBe(reason)
    const onProgress = () => truncateSync(join(path, 'b'), 5)
    const failure = await stores.models.exportModel('big', out, { format: 'tar', onProgress }).catch(error => error)
    expect(failure).toMatchObject({ code: 'SOURCE_CHANGED' })
  })
})
