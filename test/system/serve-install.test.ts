import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeFiles } from '../runtime/service-process.js'
import { bentoFolder, scratchHome, serve, storedBento, TinyRegistry } from './serve-world.js'

const PRINT_MS = "import ms from 'ms'\nconsole.log('two days are', ms('2d'))\n"
/** As npm writes it with `omit-lockfile-registry-resolved`. */
const MS = {
  version: '2.1.3',
  integrity: 'sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA==',
}

const WITH_MS = {
  files: { 'server.js': PRINT_MS },
  packageJson: { dependencies: { ms: '2.1.3' } },
  packages: { 'node_modules/ms': MS },
}

/** Writes a file beside itself when its script runs. */
const scripted = (name: string, version = '1.0.0') => ({
  name,
  version,
  scripts: { postinstall: `node -e "fs.writeFileSync('ran', '')"` },
})

const environments = (home: string) => (existsSync(join(home, 'envs')) ? readdirSync(join(home, 'envs')) : [])
const leftovers = (home: string) => (existsSync(join(home, 'tmp')) ? readdirSync(join(home, 'tmp')) : [])

/** A bento of packages of `registry`, that prints which of them ran their scripts. */
function bentoOf(registry: TinyRegistry, specs: string[], more: Record<string, unknown> = {}, optional: string[] = []) {
  const packages = specs.map(spec => {
    const [name = '', version = ''] = spec.split('@')
    const entry = { version, integrity: registry.integrity(name, version), hasInstallScript: true }
    return [`node_modules/${name}`, optional.includes(name) ? { ...entry, optional: true } : entry] as const
  })
  const wanted = specs.map(spec => spec.split('@') as [string, string])
  const pick = (isOptional: boolean) =>
    Object.fromEntries(wanted.filter(([name]) => optional.includes(name) === isOptional))
  return bentoFolder({
    files: {
      'server.js': `
        import { existsSync } from 'node:fs'
        const root = import.meta.dirname + '/../node_modules/'
        const state = name => (!existsSync(root + name) ? 'absent' : existsSync(root + name + '/ran') ? 'ran' : 'idle')
        console.log(${JSON.stringify(wanted.map(([name]) => name))}.map(name => name + ' ' + state(name)).join(', '))`,
    },
    packageJson: { dependencies: pick(false), optionalDependencies: pick(true), ...more },
    packages: Object.fromEntries(packages),
  })
}

describe('installing', () => {
  it('a stored bento: a real package by real npm ci, once per lock', async () => {
    const home = scratchHome()
    const path = await storedBento(home, WITH_MS)
    const before = readdirSync(join(path, 'src')).sort()
    for (const installs of [true, false]) {
      const service = serve({ bento: 'served', home })
      expect(await service.exit, service.output).toBe(0)
      expect(service.output).toContain('two days are 172800000')
      expect(service.output.includes('Installing the locked packages (1)')).toBe(installs)
    }
    expect(environments(home)).toHaveLength(1)
    const [environment = ''] = environments(home)
    expect(readdirSync(join(home, 'envs', environment)).sort()).toEqual([
      'node_modules',
      'package-lock.json',
      'package.json',
      'run',
    ])
    expect(readdirSync(join(home, 'envs', environment, 'run'))).toEqual([
      expect.stringMatching(/^served-v1-[0-9a-f]{12}$/),
    ])
    expect(leftovers(home)).toEqual([])
    expect(readdirSync(join(path, 'src')).sort()).toEqual(before)
  })

  it('one environment for a lock, another for a build variable', async () => {
    const home = scratchHome()
    const registry = await new TinyRegistry([scripted('a')]).start()
    const env = { npm_config_registry: registry.url }
    const first = bentoOf(registry, ['a@1.0.0'])
    const same = bentoOf(registry, ['a@1.0.0'], { name: 'another', version: '2.0.0' })
    for (const bento of [first, same]) expect(await serve({ bento, home }, env).exit).toBe(0)
    expect(environments(home)).toHaveLength(1)
    writeFiles(first, {
      'bento.yaml': readFileSync(join(first, 'bento.yaml'), 'utf8').replace(
        'envs: []',
        'envs: [{name: FLAVOUR, value: cpu, stage: build}]',
      ),
    })
    expect(await serve({ bento: first, home }, env).exit).toBe(0)
    expect(environments(home)).toHaveLength(2)
    expect(await serve({ bento: first, home }, { ...env, FLAVOUR: 'cuda' }).exit).toBe(0)
    expect(environments(home)).toHaveLength(3)
  })

  it('eight at once end up with one environment, and all of them serve', async () => {
    const home = scratchHome()
    await storedBento(home, WITH_MS)
    const services = Array.from({ length: 8 }, () => serve({ bento: 'served:v1', home }))
    expect(await Promise.all(services.map(service => service.exit))).toEqual(Array(8).fill(0))
    for (const service of services) expect(service.output).toContain('two days are 172800000')
    expect(environments(home)).toHaveLength(1)
    expect(leftovers(home)).toEqual([])
  })

  it('fails with what npm said, and leaves nothing', async () => {
    const home = scratchHome()
    const registry = await new TinyRegistry([scripted('a')]).start()
    const wrong = bentoFolder({
      ...WITH_MS,
      packageJson: { dependencies: { a: '1.0.0' } },
      packages: { 'node_modules/a': { version: '1.0.0', integrity: MS.integrity } },
    })
    const service = serve({ bento: wrong, home }, { npm_config_registry: registry.url })
    expect(await service.exit).toBe(70)
    expect(service.errors).toMatch(/INSTALL_FAILED: npm ci failed:\n[\s\S]*EINTEGRITY/)
    expect(service.errors).not.toContain('complete log')
    expect([environments(home), leftovers(home)]).toEqual([[], []])
  })

  it('killed half-way leaves no environment, and the next serve cleans up and installs', async () => {
    const home = scratchHome()
    const registry = await new TinyRegistry([
      { ...scripted('slow'), scripts: { postinstall: 'node -e "setTimeout(() => {}, 20000)"' } },
    ]).start()
    const bento = bentoOf(registry, ['slow@1.0.0'], { allowScripts: { slow: true } })
    const killed = serve({ bento, home }, { npm_config_registry: registry.url })
    await killed.printed(/Installing/)
    await until(() =>
      leftovers(home).some(name => existsSync(join(home, 'tmp', name, 'item/node_modules/slow/index.js'))),
    )
    killed.child.kill('SIGKILL')
    await killed.exit
    expect(environments(home)).toEqual([])
    const next = bentoOf(registry, ['slow@1.0.0'])
    const service = serve({ bento: next, home }, { npm_config_registry: registry.url })
    expect(await service.exit, service.output).toBe(0)
    expect(service.output).toContain('slow idle')
    expect(environments(home)).toHaveLength(1)
    expect(leftovers(home)).toEqual([])
  })

  it.skipIf(process.platform === 'win32')(
    'told to stop while it installs, it ends npm and leaves nothing',
    async () => {
      const home = scratchHome()
      const registry = await new TinyRegistry([
        { ...scripted('slow'), scripts: { postinstall: 'node -e "setTimeout(() => {}, 20000)"' } },
      ]).start()
      const bento = bentoOf(registry, ['slow@1.0.0'], { allowScripts: { slow: true } })
      const service = serve({ bento, home }, { npm_config_registry: registry.url })
      await until(() =>
        leftovers(home).some(name => existsSync(join(home, 'tmp', name, 'item/node_modules/slow/index.js'))),
      )
      service.child.kill('SIGTERM')
      expect(await service.exit).toBe(70)
      expect(service.errors).toMatch(/SERVE_FAILED: Stopped by SIGTERM before the service started\./)
      expect([environments(home), leftovers(home)]).toEqual([[], []])
    },
  )

  it('needs no npm where there are no packages', async () => {
    const home = scratchHome()
    const bento = bentoFolder({ files: { 'server.js': 'console.log("needs no npm")' } })
    const service = serve({ bento, home }, { PATH: '', npm_execpath: '' })
    expect(await service.exit).toBe(0)
    expect(service.output).toContain('needs no npm')
  })

  it('takes local packages along, packed or as folders', async () => {
    const home = scratchHome()
    const bento = bentoFolder({
      files: {
        'server.js': "import local from 'local'\nconsole.log(local)",
        'packages/local/package.json':
          '{"name":"local","version":"1.0.0","type":"module","dependencies":{"ms":"2.1.3"}}',
        'packages/local/index.js': "import ms from 'ms'\nexport default 'local says ' + ms('1s')",
      },
      packageJson: { dependencies: { local: 'file:packages/local' } },
      packages: {
        'node_modules/local': { resolved: 'packages/local', link: true },
        'packages/local': { version: '1.0.0', dependencies: { ms: '2.1.3' } },
        'node_modules/ms': MS,
      },
    })
    const service = serve({ bento, home })
    expect(await service.exit, service.output).toBe(0)
    expect(service.output).toContain('local says 1000')
  })

  it('patches packages, in another environment for another patch, and fails where a patch does not fit', async () => {
    const home = scratchHome()
    const registry = await new TinyRegistry([
      { name: 'a', version: '1.0.0', files: { 'index.js': 'module.exports = 1\n' } },
    ]).start()
    const environment = { npm_config_registry: registry.url }
    const patched = (from: number, to: number) =>
      bentoFolder({
        files: {
          'server.js': "import a from 'a'\nconsole.log('a is', a)",
          'bento-patches/list.json': '[{ "package": "node_modules/a", "patch": "a.patch", "prefix": "" }]',
          'bento-patches/a.patch': `--- a/index.js\n+++ b/index.js\n@@ -1 +1 @@\n-module.exports = ${from}\n+module.exports = ${to}\n`,
          // What comes with the bento is not what is run at install.
          'bento-patches/apply.js': 'process.exit(1)',
        },
        packageJson: { dependencies: { a: '1.0.0' }, scripts: { postinstall: 'node bento-patches/apply.js' } },
        packages: { 'node_modules/a': { version: '1.0.0', integrity: registry.integrity('a', '1.0.0') } },
      })
    for (const to of [2, 3]) {
      const service = serve({ bento: patched(1, to), home }, environment)
      expect(await service.exit, service.output).toBe(0)
      expect(service.output).toContain(`a is ${to}`)
    }
    expect(environments(home)).toHaveLength(2)
    const failed = serve({ bento: patched(7, 8), home }, environment)
    expect(await failed.exit).toBe(70)
    expect(failed.output).toContain(
      "a.patch can't be applied to node_modules/a: index.js is not what the patch was made for",
    )
    expect(environments(home)).toHaveLength(2)
    expect(leftovers(home)).toEqual([])
  })

  it('reads no .npmrc but the user’s own', async () => {
    const home = scratchHome()
    const registry = await new TinyRegistry([scripted('a')]).start()
    const bento = bentoOf(registry, ['a@1.0.0'])
    const foreign = 'registry=http://127.0.0.1:9/\nignore-scripts=false\nscript-shell=/nowhere\n'
    writeFiles(bento, { 'src/.npmrc': foreign, '.npmrc': foreign })
    writeFiles(home, { '.npmrc': foreign, 'package.json': '{"workspaces":["tmp/*/item"]}' })
    const service = serve({ bento, home }, { npm_config_registry: '', ...userConfig(home, `registry=${registry.url}`) })
    expect(await service.exit, service.output).toBe(0)
    expect(registry.asked).toContain('/a/-/a-1.0.0.tgz')
  })
})

describe('install scripts', () => {
  const packages = [scripted('a'), scripted('b'), scripted('c')]

  it.each([
    ['none where allowScripts is absent', {}, 'a idle, b idle, c idle'],
    ['those that are named', { allowScripts: { a: true, c: true } }, 'a ran, b idle, c ran'],
    ['those of a named version', { allowScripts: { 'a@1.0.0': true, 'b@2.0.0': true } }, 'a ran, b idle, c idle'],
    ['none that is denied', { allowScripts: { a: false, b: true, 'b@1.0.0': false } }, 'a idle, b idle, c idle'],
    [
      'not those of the bento itself',
      { scripts: { postinstall: 'exit 1', prepare: 'exit 1' } },
      'a idle, b idle, c idle',
    ],
  ])('run: %s', async (_title, more, says) => {
    const home = scratchHome()
    const registry = await new TinyRegistry(packages).start()
    const bento = bentoOf(registry, ['a@1.0.0', 'b@1.0.0', 'c@1.0.0'], more)
    const service = serve({ bento, home }, { npm_config_registry: registry.url })
    expect(await service.exit, service.output).toBe(0)
    expect(service.output).toContain(says)
  })

  it('see the variables of the build, the caller’s first', async () => {
    const home = scratchHome()
    const print = {
      postinstall: `node -e "if (process.env.A + process.env.B + process.env.R === 'mine+b+undefined') fs.writeFileSync('ran', '')"`,
    }
    const registry = await new TinyRegistry([{ name: 'a', version: '1.0.0', scripts: print }]).start()
    const bento = bentoOf(registry, ['a@1.0.0'], { allowScripts: { a: true } })
    const envs = [
      '{name: A, value: a, stage: all}',
      '{name: B, value: +b+, stage: build}',
      '{name: R, value: r, stage: runtime}',
    ]
    const text = readFileSync(join(bento, 'bento.yaml'), 'utf8').replace('envs: []', `envs: [${envs}]`)
    writeFiles(bento, { 'bento.yaml': text })
    const service = serve({ bento, home }, { npm_config_registry: registry.url, A: 'mine' })
    expect(await service.exit, service.output).toBe(0)
    expect(service.output).toContain('a ran')
  })

  it('that fail: the install fails; an optional package is left out', async () => {
    const failing = { name: 'a', version: '1.0.0', scripts: { postinstall: 'echo the compiler is missing && exit 3' } }
    const registry = await new TinyRegistry([failing, scripted('b')]).start()
    const env = { npm_config_registry: registry.url }
    const allowScripts = { a: true, b: true }
    const home = scratchHome()
    const needed = serve({ bento: bentoOf(registry, ['a@1.0.0', 'b@1.0.0'], { allowScripts }), home }, env)
    expect(await needed.exit).toBe(70)
    expect(needed.errors).toMatch(/INSTALL_FAILED: npm rebuild failed:\n[\s\S]*the compiler is missing/)
    expect([environments(home), leftovers(home)]).toEqual([[], []])
    const spare = serve({ bento: bentoOf(registry, ['a@1.0.0', 'b@1.0.0'], { allowScripts }, ['a']), home }, env)
    expect(await spare.exit, spare.output).toBe(0)
    expect(spare.output).toContain('a absent, b ran')
    expect(spare.output).toContain('The optional package a could not be built and is left out.')
  })
})

function userConfig(folder: string, text: string): Record<string, string> {
  writeFiles(folder, { 'user/npmrc': text })
  return { npm_config_userconfig: join(folder, 'user/npmrc') }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 20))
}
