import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { packageService } from '../../src/bento/package-service.js'
import type { PackageOptions, ServiceSnapshot } from '../../src/bento/types.js'
import { BentoStore } from '../../src/store/bento-store.js'
import { scratchFolder, scratchHome } from '../support/home.js'
import { builtService, packageOptions, pinnedModel } from './built-service.js'

afterEach(() => {
  vi.unstubAllEnvs()
})

/** Every file below `dir`, sorted. */
function tree(dir: string): string[] {
  if (!existsSync(dir)) return []
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort()
}

/** That a failed build left nothing: no bento, no temporary file. */
function expectNothingLeft(home: string): void {
  expect(tree(join(home, 'bentos'))).toEqual([])
  expect(tree(join(home, 'tmp'))).toEqual([])
}

describe('a packaged service', () => {
  it('has the layout of a bento and nothing else', async () => {
    const home = scratchHome()
    const report = await packageService(builtService().snapshot, packageOptions(home))
    expect(tree(report.path)).toEqual([
      'README.md',
      'SHA256SUMS',
      'bento.yaml',
      'env/docker/Dockerfile',
      'env/docker/entrypoint.sh',
      'env/docker/no-python.sh',
      'env/python/requirements.txt',
      'sbom.cdx.json',
      'src/assets/greet-x1.js',
      'src/bento-metrics.js',
      'src/bento-runtime.js',
      'src/package-lock.json',
      'src/package.json',
      'src/server.js',
      'src/service.js',
      'src/service.js.map',
      'src/service.py',
    ])
    expect(tree(join(home, 'tmp'))).toEqual([])
  })

  it('passes sha256sum -c, odd names included', async () => {
    const { snapshot, emit } = builtService()
    for (const name of ['-dash.txt', '*star.txt', 'with space.txt', 'ünï→.txt', 'it\'s "quoted".txt', '#hash?.txt']) {
      emit(`assets/${name}`, name)
    }
    const { path } = await packageService(snapshot, packageOptions(scratchHome()))
    const checked = execFileSync('sha256sum', ['-c', '--strict', 'SHA256SUMS'], { cwd: path, encoding: 'utf8' })
    expect(checked.match(/: OK$/gm)).toHaveLength(tree(path).length - 1)
  })

  it('holds its version in bento.yaml alone', async () => {
    const { path, version } = await packageService(builtService().snapshot, packageOptions(scratchHome()))
    expect(tree(path).filter(file => readFileSync(join(path, file)).includes(version))).toEqual(['bento.yaml'])
  })

  it('is an npm package that starts server.js', async () => {
    const { path } = await packageService(builtService().snapshot, packageOptions(scratchHome()))
    expect(JSON.parse(readFileSync(join(path, 'src/package.json'), 'utf8'))).toMatchObject({
      name: 'hello',
      private: true,
      type: 'module',
      main: 'server.js',
      scripts: { start: 'node server.js' },
      engines: { node: '>=20' },
    })
  })

  it('says in its manifest all that BentoML and we need', async () => {
    const home = scratchHome()
    const pin = { ...(await pinnedModel(home)), alias: 'classifier', requests: ['classifier', 'iris_clf:latest'] }
    const { snapshot } = builtService()
    const options = packageOptions(home, {
      labels: { team: 'vision' },
      envs: [{ name: 'LOG', value: 'debug', stage: 'runtime' }],
    })
    vi.stubEnv('SOURCE_DATE_EPOCH', '1700000000')
    const report = await packageService({ ...snapshot, pins: [pin] }, options)
    const { info } = await new BentoStore(home).get(report.tag)
    expect(info).toMatchObject({
      spec: 2,
      service: 'service:Service',
      entryService: 'hello',
      creationTime: '2023-11-14T22:13:20+00:00',
      labels: { team: 'vision' },
      services: [{ name: 'hello', service: '', models: [], dependencies: [], config: {} }],
      envs: [{ name: 'LOG', value: 'debug', stage: 'runtime' }],
      schema: {},
      args: {},
      image: { baseImage: 'node:26-bookworm-slim', pythonVersion: '3.11' },
      node: {
        engines: { node: '>=20' },
        mode: 'handler',
        entry: 'service.js',
        digest: report.digest,
        built_with: { bundler: 'vite 8.3.8' },
      },
    })
    expect(info.models).toMatchObject([
      {
        alias: 'classifier',
        creationTime: pin.info.creationTime,
        metadata: { digest: pin.digest, size: pin.size, requests: ['classifier', 'iris_clf:latest'] },
      },
    ])
    expect(report.models).toEqual([
      {
        tag: 'iris_clf:v2',
        digest: pin.digest,
        size: 7,
        requests: ['classifier', 'iris_clf:latest'],
        alias: 'classifier',
      },
    ])
    expect(report.modelSize).toBe(7)
  })

  it('has a digest that anyone can work out', async () => {
    const { path, digest } = await packageService(builtService().snapshot, packageOptions(scratchHome()))
    const command = `find . -type f ! -path ./bento.yaml ! -path ./SHA256SUMS -printf '%P\\0' | xargs -0 sha256sum | LC_ALL=C sort | sha256sum`
    const found = execFileSync('sh', ['-c', command], { cwd: path, encoding: 'utf8' })
    expect(`sha256:${found.slice(0, 64)}`).toBe(digest)
  })

  it('keeps executable bits and links', async () => {
    const { snapshot, emit } = builtService()
    emit('bin/tool.sh', '#!/bin/sh\n')
    chmodSync(join(snapshot.outDir, 'bin/tool.sh'), 0o755)
    symlinkSync('../bin/tool.sh', join(snapshot.outDir, 'assets/tool'))
    snapshot.files.push('assets/tool')
    const { path } = await packageService(snapshot, packageOptions(scratchHome()))
    expect(statSync(join(path, 'src/bin/tool.sh')).mode & 0o111).not.toBe(0)
    expect(statSync(join(path, 'src/service.js')).mode & 0o111).toBe(0)
    expect(statSync(join(path, 'env/docker/entrypoint.sh')).mode & 0o111).not.toBe(0)
    expect(readFileSync(join(path, 'src/assets/tool'), 'utf8')).toBe('#!/bin/sh\n')
    execFileSync('sha256sum', ['-c', '--strict', 'SHA256SUMS'], { cwd: path })
  })

  it('in program mode is its own server, without the runtime', async () => {
    const { snapshot } = builtService({ 'server.js': 'console.log(1)\n' })
    const { path } = await packageService(
      { ...snapshot, mode: 'program', entry: 'server.js' },
      packageOptions(scratchHome()),
    )
    expect(tree(join(path, 'src'))).toEqual(['package-lock.json', 'package.json', 'server.js', 'service.py'])
    expect(readFileSync(join(path, 'src/server.js'), 'utf8')).toBe('console.log(1)\n')
  })

  it('never takes files that hold secrets along, and says so', async () => {
    const { snapshot, emit } = builtService()
    for (const name of ['.env', 'assets/.env.production', '.npmrc', 'id_rsa', 'assets/server.key']) emit(name, 'SECRET')
    emit('assets/.env.example', 'TOKEN=')
    const { path, warnings } = await packageService(snapshot, packageOptions(scratchHome()))
    expect(tree(path).filter(file => readFileSync(join(path, file)).includes('SECRET'))).toEqual([])
    expect(tree(path)).toContain('src/assets/.env.example')
    expect(warnings).toHaveLength(5)
    expect(warnings.join('\n')).toContain('assets/.env.production was left out')
  })

  it('warns of tokens in what it takes', async () => {
    const { snapshot, emit } = builtService()
    emit('assets/config.js', `export const key = 'AKIA${'A'.repeat(16)}'`)
    const { warnings } = await packageService(snapshot, packageOptions(scratchHome()))
    expect(warnings).toEqual(['assets/config.js seems to hold an AWS access key. It is part of the bento.'])
  })
})

describe('the content version', () => {
  /** Builds afresh, in other folders and another home each time. */
  async function versionOf(
    change: (service: ReturnType<typeof builtService>, options: PackageOptions) => void = () => undefined,
    more: Partial<ServiceSnapshot> = {},
  ): Promise<string> {
    const home = scratchHome()
    const service = builtService()
    const options = packageOptions(home, { labels: { a: '1', b: '2' } })
    service.snapshot.pins = [await pinnedModel(home), await pinnedModel(home, 'other:v1', 'more weights')]
    change(service, options)
    return (await packageService({ ...service.snapshot, ...more }, options)).version
  }

  it('is the same in another folder, another home, at another time, in another order, with another bundler', async () => {
    const first = await versionOf()
    expect(first).toMatch(/^[a-z2-7]{16}$/)
    vi.stubEnv('SOURCE_DATE_EPOCH', '1700000000')
    const second = await versionOf(
      ({ snapshot }, options) => {
        snapshot.files.reverse()
        snapshot.pins.reverse()
        options.labels = { b: '2', a: '1' }
      },
      { bundler: 'rolldown 9.9.9' },
    )
    expect(second).toBe(first)
  })

  const CHANGES: Record<string, Parameters<typeof versionOf>[0]> = {
    'one byte of code': ({ emit }) => emit('service.js', 'export default 2'),
    'one byte of a source map': ({ emit }) => emit('service.js.map', '{}'),
    'a file more': ({ emit }) => emit('assets/more.js', ''),
    'a file less': ({ snapshot }) => snapshot.files.pop(),
    'a file renamed': ({ snapshot, emit }) => {
      snapshot.files.pop()
      emit('assets/greet-x2.js', "export const greet = () => 'hello'\n")
    },
    'an executable bit': ({ snapshot }) => chmodSync(join(snapshot.outDir, 'service.js'), 0o755),
    'a label': (_, options) => (options.labels.a = '2'),
    'a label more': (_, options) => (options.labels.c = '3'),
    'the description': (_, options) => (options.description = '# Other'),
    'an env': (_, options) => (options.envs = [{ name: 'A', value: '1', stage: 'runtime' }]),
    'the value of an env': (_, options) => (options.envs = [{ name: 'A', value: '2', stage: 'runtime' }]),
    'the stage of an env': (_, options) => (options.envs = [{ name: 'A', value: '1', stage: 'all' }]),
    'the name': (_, options) => (options.name = 'hello2'),
    'the digest of a model': ({ snapshot }) => {
      snapshot.pins = snapshot.pins.map(pin => ({ ...pin, digest: `sha256:${'0'.repeat(64)}` }))
    },
    'an alias': ({ snapshot }) => {
      snapshot.pins = snapshot.pins.map(pin => ({ ...pin, alias: pin.tag.name }))
    },
    'a request': ({ snapshot }) => snapshot.pins[0]?.requests.push('iris_clf'),
    'a model less': ({ snapshot }) => snapshot.pins.pop(),
    'the Node it needs': ({ snapshot }) => {
      for (const file of ['package.json', 'package-lock.json']) {
        const path = join(snapshot.projectRoot, file)
        writeFileSync(path, readFileSync(path, 'utf8').replace('>=20', '>=22'))
      }
    },
    'the mode': ({ snapshot }) => (snapshot.mode = 'program'),
  }

  it('differs for every change of the content', async () => {
    const versions = new Map<string, string>([[await versionOf(), 'nothing']])
    for (const [what, change] of Object.entries(CHANGES)) {
      const version = await versionOf(change)
      expect(versions.get(version), `${what} gives the same version as`).toBeUndefined()
      versions.set(version, what)
    }
  })

  it('is a function of the emitted bytes', async () => {
    const { snapshot, emit } = builtService()
    const options = packageOptions(scratchHome())
    const seen = new Map<string, string>()
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 3 }), async text => {
        emit('assets/greet-x1.js', text)
        const { version, published } = await packageService(snapshot, options)
        expect(published).toBe(!seen.has(text))
        expect(seen.get(text) ?? version).toBe(version)
        expect([...seen.values()].includes(version)).toBe(seen.has(text))
        seen.set(text, version)
      }),
      { numRuns: 15 },
    )
  })
})

describe('publishing', () => {
  it('does nothing twice, and points latest at what was built', async () => {
    const home = scratchHome()
    const { snapshot, emit } = builtService()
    const options = packageOptions(home)
    const store = new BentoStore(home)
    const first = await packageService(snapshot, options)
    const before = statSync(join(first.path, 'bento.yaml'))
    emit('assets/greet-x1.js', 'changed')
    const second = await packageService(snapshot, options)
    expect(String((await store.latest('hello')).tag)).toBe(second.tag)
    expect(second.tag).not.toBe(first.tag)
    emit('assets/greet-x1.js', "export const greet = () => 'hello'\n")
    const third = await packageService({ ...snapshot, bundler: 'rollup 4' }, options)
    expect(third).toMatchObject({
      tag: first.tag,
      published: false,
      digest: first.digest,
      creationTime: first.creationTime,
      size: first.size,
    })
    expect(statSync(join(first.path, 'bento.yaml'))).toEqual(before)
    expect(String((await store.latest('hello')).tag)).toBe(first.tag)
    expect(await store.list('hello')).toHaveLength(2)
    expect(tree(join(home, 'tmp'))).toEqual([])
  })

  it('points latest at an older commit that is built again', async () => {
    const home = scratchHome()
    const { snapshot, emit } = builtService()
    await packageService(snapshot, packageOptions(home))
    emit('assets/greet-x1.js', 'an old commit')
    vi.stubEnv('SOURCE_DATE_EPOCH', '1000000000')
    const old = await packageService(snapshot, packageOptions(home))
    expect(old.creationTime).toBe('2001-09-09T01:46:40+00:00')
    expect(String((await new BentoStore(home).latest('hello')).tag)).toBe(old.tag)
  })

  it('at once, from many builds of the same content, has one winner and no loser', async () => {
    const home = scratchHome()
    const { snapshot } = builtService()
    const reports = await Promise.all(Array.from({ length: 6 }, () => packageService(snapshot, packageOptions(home))))
    expect(new Set(reports.map(report => report.tag)).size).toBe(1)
    expect(reports.filter(report => report.published)).toHaveLength(1)
  })

  it('under a version of the user own refuses other content', async () => {
    const home = scratchHome()
    const { snapshot, emit } = builtService()
    const options = packageOptions(home, { version: 'V1.0' })
    expect(await packageService(snapshot, options)).toMatchObject({ tag: 'hello:v1.0', published: true })
    expect(await packageService(snapshot, options)).toMatchObject({ tag: 'hello:v1.0', published: false })
    emit('service.js', 'export default 2')
    await expect(packageService(snapshot, options)).rejects.toMatchObject({ code: 'TAG_EXISTS' })
    expect(await new BentoStore(home).list()).toHaveLength(1)
    expect(tree(join(home, 'tmp'))).toEqual([])
  })

  it('by time makes a version as BentoML does, each time another', async () => {
    const options = packageOptions(scratchHome(), { version: 'time' })
    const { snapshot } = builtService()
    const [first, second] = [await packageService(snapshot, options), await packageService(snapshot, options)]
    expect(first.version).toMatch(/^[a-z2-7]{16}$/)
    expect(second).toMatchObject({ published: true, digest: first.digest })
    expect(second.version).not.toBe(first.version)
  })

  it.each(['latest', 'Latest', 'not ok', '-x', 'a'.repeat(64)])('refuses %j as a version', async version => {
    const home = scratchHome()
    const built = packageService(builtService().snapshot, packageOptions(home, { version }))
    await expect(built).rejects.toMatchObject({ code: expect.stringMatching(/^(OPTION|TAG)_INVALID$/) })
    expectNothingLeft(home)
  })

  it('refuses a wrong SOURCE_DATE_EPOCH, a wrong env and a wrong label', async () => {
    const home = scratchHome()
    const { snapshot } = builtService()
    const wrong = packageOptions(home, { envs: [{ name: 'A', value: 'a\nb', stage: 'all' }] })
    await expect(packageService(snapshot, wrong)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    const number = packageOptions(home, { labels: { n: 1 as unknown as string } })
    await expect(packageService(snapshot, number)).rejects.toMatchObject({ code: 'VALUE_INVALID' })
    vi.stubEnv('SOURCE_DATE_EPOCH', 'soon')
    await expect(packageService(snapshot, packageOptions(home))).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    expectNothingLeft(home)
  })

  it('fails when a pinned model is gone, and leaves nothing', async () => {
    const home = scratchHome()
    const { snapshot } = builtService()
    const pin = await pinnedModel(home)
    rmSync(join(home, 'models', 'iris_clf'), { recursive: true })
    const built = packageService({ ...snapshot, pins: [pin] }, packageOptions(home))
    await expect(built).rejects.toMatchObject({ code: 'MODEL_GONE' })
    expectNothingLeft(home)
  })

  it('of unchanged content fails too when a model is gone', async () => {
    const home = scratchHome()
    const { snapshot } = builtService()
    const pins = [await pinnedModel(home)]
    await packageService({ ...snapshot, pins }, packageOptions(home))
    rmSync(join(home, 'models', 'iris_clf'), { recursive: true })
    const again = packageService({ ...snapshot, pins }, packageOptions(home))
    await expect(again).rejects.toMatchObject({ code: 'MODEL_GONE' })
  })

  it('refuses a home that is a file', async () => {
    const home = join(scratchFolder(), 'home')
    writeFileSync(home, '')
    const built = packageService(builtService().snapshot, packageOptions(home))
    await expect(built).rejects.toMatchObject({ code: 'HOME_INVALID' })
    expect(readFileSync(home, 'utf8')).toBe('')
  })
})

describe('what a bento cannot hold', () => {
  it.each([
    ['package.json', 'OUTPUT_CONFLICT'],
    ['PACKAGE.json', 'OUTPUT_CONFLICT'],
    ['service.py', 'OUTPUT_CONFLICT'],
    ['bento-runtime.js', 'OUTPUT_CONFLICT'],
    ['bento-metrics.js', 'OUTPUT_CONFLICT'],
    ['server.js', 'OUTPUT_CONFLICT'],
    ['Service.JS', 'OUTPUT_CONFLICT'],
    ['node_modules/hono/index.js', 'OUTPUT_CONFLICT'],
    ['back\\slash.js', 'SERVICE_UNSUPPORTED'],
    ['new\nline.js', 'SERVICE_UNSUPPORTED'],
    ['esc\x1b[31m.js', 'SERVICE_UNSUPPORTED'],
    ['../outside.js', 'SERVICE_UNSUPPORTED'],
  ])('an emitted %j', async (name, code) => {
    const home = scratchHome()
    const { snapshot, emit } = builtService()
    emit(name, 'text')
    const error = await packageService(snapshot, packageOptions(home)).catch(reason => reason)
    expect(error).toMatchObject({ code })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may reach a terminal
    expect(error.message).not.toMatch(/[\x00-\x1f]/)
    expectNothingLeft(home)
  })

  it.each(['/etc/hostname', '../../../outside.txt'])('a link to %s', async target => {
    const home = scratchHome()
    const { snapshot } = builtService()
    symlinkSync(target, join(snapshot.outDir, 'assets/link'))
    snapshot.files.push('assets/link')
    const built = packageService(snapshot, packageOptions(home))
    await expect(built).rejects.toMatchObject({ code: 'SERVICE_UNSUPPORTED' })
    expectNothingLeft(home)
  })

  it('a file that is not there', async () => {
    const home = scratchHome()
    const { snapshot } = builtService()
    snapshot.files.push('missing.js')
    await expect(packageService(snapshot, packageOptions(home))).rejects.toMatchObject({ code: 'IO_FAILED' })
    expectNothingLeft(home)
  })
})
