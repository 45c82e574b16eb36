import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { ArchiveFormat } from '../../src/archive/types.js'
import { BentoStore, ModelStore } from '../../src/transfer/index.js'
import { BIN, finished, startBento } from '../support/cli.js'
import { fixtureHome, scratchFolder, scratchHome } from '../support/home.js'
import { bentoSays, hugeModel, noiseModel, treeOf, until } from '../support/moving.js'
import { hasTerminals, onTerminal } from '../support/terminal.js'
import { expectUsage } from '../support/usage.js'

function everythingIn(dir: string): string[] {
  try {
    return readdirSync(dir, { recursive: true }).map(String).sort()
  } catch {
    return []
  }
}

/** What the bento of the fixture home uses. */
const MODELS = ['digits:v1', 'iris_clf:v2', 'tree:bmrpo4xfh6gdyax4']

/** An archive of a model of the fixture home. */
async function modelArchive(format?: ArchiveFormat): Promise<string> {
  const { path } = await new ModelStore(fixtureHome()).exportModel('iris_clf:v2', `${scratchFolder()}/`, { format })
  return path ?? ''
}

/** An archive of a bento of the fixture home. */
async function bentoArchive(models = true): Promise<string> {
  const { path } = await new BentoStore(fixtureHome()).exportBento('greeter:b2', `${scratchFolder()}/`, { models })
  return path ?? ''
}

describe('bento models import', () => {
  it('says what it did, in words, JSON, or as tag or path', async () => {
    const archive = await modelArchive()
    const path = (home: string) => join(home, 'models/iris_clf/v2')
    const run = async (...args: string[]) => {
      const home = scratchHome()
      const { stdout, stderr, code } = await bentoSays(['models', 'import', archive, ...args], { home })
      expect({ stderr, code, items: readdirSync(join(home, 'models/iris_clf')) }).toEqual({
        stderr: '',
        code: 0,
        items: ['latest', 'v2'],
      })
      expect(readdirSync(join(home, 'tmp'))).toEqual([])
      return stdout.replaceAll(home, 'HOME')
    }
    expect(await run()).toBe('Model(tag="iris_clf:v2") imported.\n')
    expect(await run('-q')).toBe('')
    expect(await run('-o', 'tag', '-q')).toBe('iris_clf:v2\n')
    expect(await run('-o', 'path')).toBe(`${path('HOME')}\n`)
    expect(JSON.parse(await run('-o', 'json'))).toEqual({
      tag: 'iris_clf:v2',
      outcome: 'imported',
      path: path('HOME'),
      notes: [],
    })
  })

  it('refuses a tag that is taken, or leaves it, or takes another', async () => {
    const archive = await modelArchive()
    const home = fixtureHome()
    const before = treeOf(home)
    const run = (...args: string[]) => bentoSays(['models', 'import', archive, ...args], { home })
    const refused = await run()
    expect(refused.stderr).toMatch(/^error \[TAG_EXISTS\]: .*iris_clf:v2.*\n.*--as.*--skip-existing/)
    expect(refused).toMatchObject({ stdout: '', code: 1 })
    expect(await run('--skip-existing')).toEqual({
      stdout: 'Model(tag="iris_clf:v2") was here already, and is left as it was.\n',
      stderr: '',
      code: 0,
    })
    const skipped = await run('--skip-existing', '-o', 'json')
    expect(JSON.parse(skipped.stdout)).toMatchObject({ tag: 'iris_clf:v2', outcome: 'exists' })
    expect(treeOf(home)).toEqual(before)
    expect((await run('--as', 'iris_clf:v1')).stderr).toMatch(/^error \[TAG_EXISTS\]: .*iris_clf:v1/)
    expect((await run('--as', 'iris_clf:v4', '-o', 'tag')).stdout).toBe('iris_clf:v4\n')
    expect((await run('--as', 'copy', '-o', 'tag')).stdout).toBe('copy:v2\n')
    const manifest = await bentoSays(['models', 'get', 'copy:v2', '-o', 'json'], { home })
    expect(JSON.parse(manifest.stdout)).toMatchObject({ name: 'copy', version: 'v2', labels: { stage: 'production' } })
  })

  it('goes by the content, and refuses another format than the one named', async () => {
    const archive = await modelArchive('zip')
    const misnamed = join(scratchFolder(), 'model.tar.gz')
    writeFileSync(misnamed, readFileSync(archive))
    expect((await bentoSays(['models', 'import', misnamed], { home: scratchHome() })).code).toBe(0)
    expect((await bentoSays(['models', 'import', misnamed, '-f', 'zip'], { home: scratchHome() })).code).toBe(0)
    const home = scratchHome()
    const { stderr, code } = await bentoSays(['models', 'import', misnamed, '-f', 'gz'], { home })
    expect(stderr).toMatch(/^error \[FORMAT_UNKNOWN\]: .*zip/)
    expect(code).toBe(1)
    expect(everythingIn(join(home, 'models'))).toEqual([])
  })

  it('takes off a folder around it, and says so', async () => {
    const [dir, archive] = [scratchFolder(), join(scratchFolder(), 'wrapped.tgz')]
    execFileSync('cp', ['-r', join(fixtureHome(), 'models/iris_clf/v2'), join(dir, 'downloaded')])
    execFileSync('tar', ['-czf', archive, '-C', dir, 'downloaded'])
    const [home, quiet] = [scratchHome(), scratchHome()]
    const { stdout, stderr } = await bentoSays(['models', 'import', archive], { home })
    expect(stdout).toBe('Model(tag="iris_clf:v2") imported.\n')
    expect(stderr).toMatch(/^warning: .*"downloaded".*\n$/)
    expect((await bentoSays(['models', 'import', archive, '-q'], { home: quiet })).stderr).toBe('')
    const json = await bentoSays(['models', 'import', archive, '-o', 'json', '--as', 'other'], { home })
    expect(JSON.parse(json.stdout).notes).toEqual([expect.stringContaining('downloaded')])
  })

  it('takes a folder', async () => {
    const folder = await modelArchive('folder')
    for (const args of [[], ['-f', 'folder']]) {
      const home = scratchHome()
      expect((await bentoSays(['models', 'import', folder, ...args], { home })).code).toBe(0)
      expect(treeOf(join(home, 'models/iris_clf/v2'))).toEqual(treeOf(folder))
    }
  })

  it.each<[string, string[], RegExp]>([
    ['bytes', ['bytes=10'], /^error \[LIMIT_EXCEEDED\]: .*\n.*--limit bytes=/],
    ['entries', ['bytes=20GiB', 'entries=1'], /^error \[LIMIT_EXCEEDED\]: .*\n.*--limit entries=/],
    ['path', ['path=3'], /^error \[LIMIT_EXCEEDED\]: .*\n.*--limit path=/],
  ])('keeps to the limit of %s', async (_, limits, message) => {
    const archive = await modelArchive()
    const home = scratchHome()
    const args = limits.flatMap(limit => ['--limit', limit])
    const { stdout, stderr, code } = await bentoSays(['models', 'import', archive, ...args], { home })
    expect(stderr).toMatch(message)
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 })
    expect(everythingIn(home).filter(path => path !== 'tmp' && path !== 'models')).toEqual([])
  })

  it('keeps to no limit that was lifted', async () => {
    const archive = await modelArchive()
    const args = ['bytes', 'entries', 'ratio', 'unpacked', 'path', 'part', 'depth', 'header', 'memory']
    const lifted = args.flatMap(limit => ['--limit', `${limit}=unlimited`])
    expect(await bentoSays(['models', 'import', archive, ...lifted], { home: scratchHome() })).toMatchObject({
      stderr: '',
      code: 0,
    })
  })
})

describe('bento import', () => {
  it('says which models came along, were here, or are missing', async () => {
    const [archive, bare] = [await bentoArchive(), await bentoArchive(false)]
    const home = scratchHome()
    const both = await bentoSays(['import', archive], { home })
    expect(both).toEqual({
      stdout: `${MODELS.map(tag => `Model(tag="${tag}") imported.\n`).join('')}Bento(tag="greeter:b2") imported.\n`,
      stderr: '',
      code: 0,
    })
    await bentoSays(['delete', 'greeter', '-y'], { home })
    const again = await bentoSays(['import', archive], { home })
    const here = MODELS.map(tag => `Model(tag="${tag}") was here already, with equal content.\n`)
    expect(again.stdout).toBe(`${here.join('')}Bento(tag="greeter:b2") imported.\n`)
    const lacking = await bentoSays(['import', bare], { home: scratchHome() })
    expect(lacking.stdout).toBe('Bento(tag="greeter:b2") imported.\n')
    expect(lacking.stderr).toMatch(/^warning: .*iris_clf:v2.*\n$/)
    expect(lacking.code).toBe(0)
  })

  it('tells the same in JSON', async () => {
    const [archive, bare] = [await bentoArchive(), await bentoArchive(false)]
    const home = scratchHome()
    const path = join(home, 'bentos/greeter/b2')
    const json = async (...args: string[]) => {
      const { stdout, stderr } = await bentoSays(['import', ...args, '-o', 'json', '-q'], { home })
      expect(stderr).toBe('')
      return JSON.parse(stdout)
    }
    expect(await json(bare)).toEqual({
      tag: 'greeter:b2',
      outcome: 'imported',
      path,
      models: [],
      missing: MODELS,
      notes: [expect.stringContaining('iris_clf:v2')],
    })
    await bentoSays(['delete', 'greeter', '-y'], { home })
    const outcome = (outcome: string) => ({ models: MODELS.map(tag => ({ tag, outcome })), missing: [], notes: [] })
    expect(await json(archive)).toMatchObject(outcome('imported'))
    await bentoSays(['delete', 'greeter', '-y'], { home })
    expect(await json(archive)).toMatchObject(outcome('same'))
    expect(await json(archive, '--skip-existing')).toMatchObject({ tag: 'greeter:b2', outcome: 'exists', path })
    expect((await bentoSays(['import', archive], { home })).stderr).toMatch(/^error \[TAG_EXISTS\]: .*greeter:b2/)
  })

  it('leaves nothing where a model of its tag is another one', async () => {
    const archive = await bentoArchive()
    const [home, other] = [scratchHome(), scratchFolder()]
    writeFileSync(join(other, 'weights'), 'others')
    await bentoSays(['models', 'create', 'iris_clf:v2', other], { home })
    const before = treeOf(home)
    const { stdout, stderr, code } = await bentoSays(['import', archive], { home })
    expect(stderr).toMatch(/^error \[(TAG_EXISTS|DIGEST_MISMATCH)\]: .*iris_clf:v2/)
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 })
    expect(treeOf(home)).toEqual(before)
  })
})

describe('what cannot be imported', () => {
  const kinds: [string, (dir: string) => string, RegExp][] = [
    ['a path that is not there', dir => join(dir, 'none'), /^error \[SOURCE_NOT_FOUND\]: .*none/],
    ['an empty file', dir => join(dir, 'empty'), /^error \[(ARCHIVE_INVALID|FORMAT_UNKNOWN)\]: /],
    ['text', dir => join(dir, 'text'), /^error \[(ARCHIVE_INVALID|FORMAT_UNKNOWN)\]: /],
    ['half an archive', dir => join(dir, 'half'), /^error \[ARCHIVE_INVALID\]: /],
    ['a folder without a manifest', dir => join(dir, 'folder'), /^error \[MANIFEST_INVALID\]: /],
    ['an archive of the other kind', dir => join(dir, 'other'), /^error \[MANIFEST_INVALID\]: /],
    ['a URL of another machine', () => 's3://user:secret@bucket/x', /^error \[OPTION_INVALID\]: (?!.*secret)/],
    ['a name that could steer a terminal', dir => join(dir, 'x\x1b[2J\u202e'), /^error \[SOURCE_NOT_FOUND\]: /],
  ]

  it.each(kinds)('%s: one line, the mend, and nothing left', async (_, path, message) => {
    const [home, dir] = [scratchHome(), scratchFolder()]
    const archive = readFileSync(await modelArchive())
    mkdirSync(join(dir, 'folder'))
    writeFileSync(join(dir, 'empty'), '')
    writeFileSync(join(dir, 'text'), 'no archive\n'.repeat(100))
    writeFileSync(join(dir, 'half'), archive.subarray(0, archive.length / 2))
    writeFileSync(join(dir, 'other'), readFileSync(await bentoArchive(false)))
    const { stdout, stderr, code } = await bentoSays(['models', 'import', path(dir)], { home })
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/[^\P{Cc}\n]|\u202e/u)
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2)
    expect(stdout).toBe('')
    expect(code).toBe(stderr.includes('OPTION_INVALID') ? 2 : 1)
    expect(everythingIn(home).filter(entry => entry !== 'tmp' && entry !== 'models')).toEqual([])
  })

  it('goes into a home that is a file', async () => {
    const [archive, home] = [await modelArchive(), join(scratchFolder(), 'home')]
    writeFileSync(home, '')
    const { stderr, code } = await bentoSays(['models', 'import', archive], { home })
    expect(stderr).toMatch(/^error \[HOME_INVALID\]: /)
    expect(code).toBe(1)
  })

  it.skipIf(process.platform === 'win32')('goes into a home that is read-only', async () => {
    const [archive, home] = [await modelArchive(), fixtureHome()]
    for (const dir of ['.', 'tmp']) {
      mkdirSync(join(home, dir), { recursive: true })
      chmodSync(join(home, dir), 0o555)
      onTestFinished(() => chmodSync(join(home, dir), 0o755))
    }
    spawnSync('chmod', ['-R', 'a+rX', join(home, '..'), join(archive, '..')])
    const user = process.getuid?.() === 0 ? { uid: 65534 } : {}
    const run = await bentoSays(['models', 'import', archive, '--as', 'new:v1'], { home, ...user })
    expect(run.stderr).toMatch(/^error \[STORE_READ_ONLY\]: /)
    expect(run.code).toBe(1)
  })

  it.each<[string, RegExp, RegExp]>([
    ['models import m --limit foo=1', /"foo" is no limit/, /The limits are bytes, entries, /],
    ['models import m --limit byte=1', /"byte" is no limit/, /Did you mean bytes\?/],
    ['import m --limit bytes=lots', /bytes="lots" is not a size above 0/, /bytes=20GiB, or bytes=unlimited/],
    ['import m --limit depth=1 --limit depth=2', /gives depth twice/, /once/],
    ['import m -f rar', /"rar" is no format/, /The formats are/],
    ['import m --as x', /Unknown option '--as'/, /bento import --help/],
    ['models import m -o yaml', /'yaml' is invalid.*text, json, tag, path/, /bento models import --help/],
    ['models import', /Missing required argument 'path'/, /bento models import --help/],
  ])('%s is wrong usage', async (line, reason, hint) => {
    expectUsage(await bentoSays(line.split(' '), { home: scratchHome() }), reason, hint)
  })
})

describe('stdin', () => {
  it.each<ArchiveFormat>(['bentomodel', 'gz', 'bz2', 'tar', 'zip'])(
    'brings a model as %s, by pipe and by file',
    async format => {
      const archive = await modelArchive(format)
      for (const stdin of ['pipe', 'file']) {
        const home = scratchHome()
        const { stdout, stderr, status } = spawnSync(
          process.execPath,
          [BIN, 'models', 'import', '-', '-q', '-o', 'tag'],
          {
            env: { ...process.env, BENTOML_HOME: home },
            encoding: 'utf8',
            ...(stdin === 'pipe'
              ? { input: readFileSync(archive) }
              : { stdio: [openSync(archive, 'r'), 'pipe', 'pipe'] as const }),
          },
        )
        expect({ stdout, stderr, status }).toEqual({ stdout: 'iris_clf:v2\n', stderr: '', status: 0 })
        expect(readdirSync(join(home, 'tmp'))).toEqual([])
      }
    },
  )

  it.each([
    ['nothing', ''],
    ['text', 'no archive\n'],
  ])('with %s is refused', async (_, input) => {
    const { stdout, stderr, code } = await bentoSays(['models', 'import', '-'], { home: scratchHome(), input })
    expect(stderr).toMatch(/^error \[ARCHIVE_INVALID\]: the standard input /)
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 })
  })

  it('is not waited for once it is refused', async () => {
    const line = `yes | '${process.execPath}' '${BIN}' models import -`
    const home = scratchHome()
    const { stderr, status } = spawnSync('sh', ['-c', line], { env: { ...process.env, BENTOML_HOME: home } })
    expect(String(stderr)).toMatch(/^error \[\w+\]: /m)
    expect(status).toBe(1)
  })

  it.skipIf(!hasTerminals)('is refused where it is a terminal', async () => {
    const { output, code } = await onTerminal(['models', 'import', '-'], { home: scratchHome() })
    expect(output).toContain('[USAGE]')
    expect(output).toContain('An archive cannot be typed in.')
    expect(code).toBe(2)
  })
})

describe.skipIf(process.platform === 'win32')('an import under way', () => {
  /** A model's archive, of which half is fed: the import waits for the rest as long as a test wants. */
  let archive: Buffer

  beforeAll(async () => {
    const home = mkdtempSync(join(tmpdir(), 'vpb-test-'))
    await noiseModel(home, 2 ** 24)
    const env = { ...process.env, BENTOML_HOME: home }
    const args = [BIN, 'models', 'export', 'noise', '-', '-f', 'tar', '-q']
    archive = execFileSync(process.execPath, args, { env, maxBuffer: 2 ** 26 })
    rmSync(home, { recursive: true })
  })

  /** Starts an import and feeds it half the archive. */
  function half(home: string, ...args: string[]) {
    const child = startBento(['models', 'import', '-', ...args], { home })
    child.stdin.on('error', () => {})
    child.stdin.write(archive.subarray(0, archive.length / 2))
    return child
  }

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s leaves nothing and ends with %d', async (signal, expected) => {
    const home = scratchHome()
    const child = half(home)
    const end = finished(child)
    await until(() => everythingIn(home).some(path => path.endsWith('noise.bin')), end)
    child.kill(signal)
    expect(await end).toMatchObject({ stdout: '', code: expected })
    expect(everythingIn(home)).toEqual(['tmp'])
  })

  it('a signal leaves nothing of a zip, which is kept until all of it is there', async () => {
    const [home, temp] = [scratchHome(), scratchFolder()]
    const child = startBento(['models', 'import', '-'], {
      home,
      env: { TMPDIR: temp, NODE_DISABLE_COMPILE_CACHE: '1' },
    })
    const end = finished(child)
    const zip = readFileSync(await modelArchive('zip'))
    child.stdin.write(Buffer.concat([zip.subarray(0, 100), archive]))
    await until(() => [...everythingIn(home), ...everythingIn(temp)].some(path => path.endsWith('/archive')), end)
    child.kill('SIGTERM')
    expect(await end).toMatchObject({ stdout: '', code: 143 })
    expect([everythingIn(home), everythingIn(temp)]).toEqual([['tmp'], []])
  })

  it.each(['tar', 'folder', 'zip'])('a signal leaves nothing of a large %s', async format => {
    const [home, other, cwd] = [scratchHome(), scratchHome(), scratchFolder()]
    await hugeModel(home, 2 ** 28)
    const made = await bentoSays(['models', 'export', 'huge', '-f', format, '-o', 'path'], { home, cwd })
    const source = format === 'folder' ? join(home, 'models/huge/v1') : made.stdout.trimEnd()
    const child = startBento(['models', 'import', source], { home: other })
    const end = finished(child)
    await until(() => everythingIn(other).some(path => path.endsWith('zeros.bin')), end)
    child.kill('SIGTERM')
    expect(await end).toMatchObject({ stdout: '', code: 143 })
    expect(everythingIn(other)).toEqual(['tmp'])
  })

  it('says once what it is doing, and neither when quiet nor for JSON', async () => {
    const silent = [half(scratchHome(), '-q'), half(scratchHome(), '-o', 'json')]
    const ends = silent.map(finished)
    const child = half(scratchHome())
    const end = finished(child)
    let stderr = ''
    child.stderr.on('data', text => (stderr += text))
    await until(() => stderr.endsWith('\n'), end)
    for (const one of [...silent, child]) one.stdin.end(archive.subarray(archive.length / 2))
    const { stdout, code } = await end
    expect({ stdout, stderr, code }).toEqual({
      stdout: 'Model(tag="noise:v1") imported.\n',
      stderr: 'importing …\n',
      code: 0,
    })
    const [quiet, json] = await Promise.all(ends)
    expect(quiet).toEqual({ stdout: '', stderr: '', code: 0 })
    expect(json).toMatchObject({ stderr: '', code: 0 })
    expect(JSON.parse(json?.stdout ?? '').tag).toBe('noise:v1')
  })

  it.skipIf(!hasTerminals)('draws a bar on a terminal, and clears it', async () => {
    const [home, fifo] = [scratchHome(), join(scratchFolder(), 'fifo')]
    execFileSync('mkfifo', [fifo])
    const writer = createWriteStream(fifo)
    writer.write(archive.subarray(0, archive.length / 2))
    let fed = false
    const { output, code } = await onTerminal(['models', 'import', '-'], {
      home,
      stdin: fifo,
      onOutput: seen => {
        if (fed || !seen.includes('/s')) return
        fed = true
        writer.end(archive.subarray(archive.length / 2))
      },
    })
    const frames = output.split('\r\x1b[K')
    expect(frames.length).toBeGreaterThan(2)
    expect(frames[0]).toBe('')
    for (const frame of frames.slice(1, -1)) {
      expect(frame).toMatch(/^importing \d+\.\d\d MiB, \d+\.\d [KM]?i?B\/s …$/)
    }
    expect(frames.at(-1)).toBe('Model(tag="noise:v1") imported.\r\n')
    expect(code).toBe(0)
  })

  it.skipIf(!hasTerminals)('clears the bar when it is broken off', async () => {
    const [home, fifo] = [scratchHome(), join(scratchFolder(), 'fifo')]
    execFileSync('mkfifo', [fifo])
    const writer = createWriteStream(fifo)
    writer.on('error', () => {})
    writer.write(archive.subarray(0, archive.length / 2))
    let killed = false
    const { output, code } = await onTerminal(['models', 'import', '-'], {
      home,
      stdin: fifo,
      onOutput: (seen, type) => {
        if (killed || !seen.includes('/s')) return
        killed = true
        type('\x03')
      },
    })
    writer.destroy()
    expect(output.replace('^C', '').split('\r\x1b[K').at(-1)).toBe('')
    expect(code).toBe(130)
    expect(everythingIn(home)).toEqual(['tmp'])
  })
})
