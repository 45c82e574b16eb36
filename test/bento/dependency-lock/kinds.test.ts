import { describe, expect, it } from 'vitest'
import { locations, packagesOf, TestProject } from './project.js'

describe('specs and groups', () => {
  it('keeps aliases', async () => {
    const locked = await new TestProject('alias').lock(['cookie-old', 'cookie', 'ms-alias'])
    expect(locked.packageJson.dependencies).toEqual({
      cookie: '^1.0.0',
      'cookie-old': 'npm:cookie@0.5.0',
      'ms-alias': 'npm:ms@^2.1.0',
    })
    expect(packagesOf(locked)['node_modules/cookie-old']).toMatchObject({ name: 'cookie', version: '0.5.0' })
  })

  it('keeps overrides that put a version outside its range, with references written out', async () => {
    const locked = await new TestProject('override').lock(['debug', 'send'])
    expect(locked.packageJson).toMatchObject({
      dependencies: { debug: '4.4.0', send: '0.19.0' },
      overrides: { debug: { ms: '2.0.0' }, send: { mime: '^3.0.0' }, fresh: '2.0.0' },
    })
    expect(JSON.stringify(locked)).not.toContain('secret')
    expect(packagesOf(locked)['node_modules/ms'].version).toBe('2.0.0')
    expect(packagesOf(locked)['node_modules/fresh'].version).toBe('2.0.0')
    expect(packagesOf(locked)['node_modules/send/node_modules/ms'].version).toBe('2.1.3')
  })

  it('gives a package that was only transitive the version that an override demands', async () => {
    const locked = await new TestProject('override').lock(['fresh', 'mime', 'depd'])
    expect(locked.packageJson.dependencies).toEqual({ depd: '2.0.0', fresh: '2.0.0', mime: '^3.0.0' })
    expect(locked.warnings.join()).toMatch(/depd.*not listed/)
  })

  it('makes a devDependency that run time needs a plain dependency', async () => {
    const locked = await new TestProject('dev').lock(['debug'])
    expect(locked.packageJson).toMatchObject({ dependencies: { debug: '^4.4.0' } })
    for (const entry of Object.values(packagesOf(locked))) expect(entry).not.toHaveProperty('dev')
    expect(locations(locked)).toEqual(['node_modules/debug', 'node_modules/ms'])
  })

  it('makes a peer a plain dependency', async () => {
    const locked = await new TestProject('peer').lock(['react-dom'])
    expect(locked.packageJson).toMatchObject({ dependencies: { react: '^18.0.0', 'react-dom': '^18.0.0' } })
    for (const entry of Object.values(packagesOf(locked))) expect(entry).not.toHaveProperty('peer')
  })

  it('writes the locked version in place of a tag', async () => {
    const locked = await new TestProject('tag').lock(['ms'])
    expect(locked.packageJson).toMatchObject({ dependencies: { ms: expect.stringMatching(/^\d+\.\d+\.\d+$/) } })
  })

  it('reads a lock of version 2 and writes version 3', async () => {
    const locked = await new TestProject('v2').lock(['pino'])
    expect(JSON.parse(locked.lock)).toMatchObject({ lockfileVersion: 3 })
    expect(JSON.parse(locked.lock)).not.toHaveProperty('dependencies')
    expect(locked.lock).toBe((await new TestProject('plain').lock(['pino'])).lock)
  })
})

describe('optional parts', () => {
  it('keeps every platform of sharp and onnxruntime-node', async () => {
    const project = new TestProject('platforms')
    const locked = await project.lock(['sharp', 'onnxruntime-node'])
    const platforms = (all: string[]) => all.filter(location => location.startsWith('node_modules/@img/sharp-'))
    expect(platforms(locations(locked))).toEqual(platforms(Object.keys(project.json('package-lock.json').packages)))
    expect(platforms(locations(locked)).length).toBeGreaterThanOrEqual(24)
    expect(locked.packageJson.allowScripts).toEqual({ sharp: true })
    expect(locked.blockedScripts.map(label => label.replace(/@.*/, ''))).toEqual(['onnxruntime-node'])
  })

  it('takes drivers along that a kept package loads and the project lists', async () => {
    const project = new TestProject('drivers')
    const direct = async (...names: string[]) => Object.keys((await project.lock(names)).direct)
    expect(await direct('drizzle-orm')).toEqual(['@libsql/client', 'drizzle-orm', 'knex', 'pg'])
    expect(await direct('sequelize')).toEqual(['pg', 'sequelize'])
    expect(await direct('knex')).toEqual(['knex', 'pg'])
    expect(locations(await project.lock(['drizzle-orm']))).not.toContain('node_modules/typescript')
  })

  it('keeps what is bundled below its bundler, without integrity', async () => {
    const locked = await new TestProject('bundled').lock(['@tailwindcss/oxide-wasm32-wasi'])
    const bundled = Object.entries(packagesOf(locked)).filter(([, entry]) => entry.inBundle)
    expect(bundled).toHaveLength(6)
    expect(locked.packageJson).toMatchObject({ optionalDependencies: { '@tailwindcss/oxide-wasm32-wasi': '^4.1.11' } })
    expect(locked.packageJson).not.toHaveProperty('dependencies')
  })

  it('makes an optional dependency without platforms a plain one', async () => {
    const locked = await new TestProject('bundled').lock(['ms'])
    expect(locked.packageJson).toMatchObject({ dependencies: { ms: '^2.1.0' } })
    expect(packagesOf(locked)['node_modules/ms']).not.toHaveProperty('optional')
  })
})

describe("the project's own packages", () => {
  it('copies linked folders and tarballs', async () => {
    const project = new TestProject('file')
    const locked = await project.lock(['packed', 'linked'])
    expect(locked.packageJson.dependencies).toEqual({
      linked: 'file:./local-packages/linked',
      packed: 'file:local-packages/vendor/packed-1.0.0.tgz',
    })
    expect(locked.files).toEqual([
      { from: project.path('vendor/packed-1.0.0.tgz'), to: 'local-packages/vendor/packed-1.0.0.tgz' },
    ])
    expect(locked.localPackages).toMatchObject([
      { from: project.path('linked'), to: 'local-packages/linked', files: ['index.js'] },
    ])
    expect(packagesOf(locked)).toMatchObject({
      'node_modules/linked': { resolved: 'local-packages/linked', link: true },
      'node_modules/packed': { resolved: 'file:local-packages/vendor/packed-1.0.0.tgz' },
      'local-packages/linked': { version: '2.0.0', dependencies: { ms: '^2.1.0' } },
    })
  })

  it('makes a workspace member the root', async () => {
    const locked = await new TestProject('workspace').lock(['picomatch', 'tinyglobby', 'hono'], {
      member: 'packages/app',
    })
    expect(locked.packageJson).toMatchObject({
      engines: { node: '>=20' },
      dependencies: { hono: '^4.6.0', picomatch: '^2.3.1', tinyglobby: '^0.2.12' },
    })
    const packages = packagesOf(locked)
    expect(packages['node_modules/picomatch'].version).toMatch(/^2\./)
    expect(packages['node_modules/tinyglobby/node_modules/picomatch'].version).toMatch(/^4\./)
    expect(locations(locked)).toEqual([
      'node_modules/hono',
      'node_modules/picomatch',
      'node_modules/tinyglobby',
      'node_modules/tinyglobby/node_modules/fdir',
      'node_modules/tinyglobby/node_modules/picomatch',
    ])
  })

  it('takes workspace packages along that stay external', async () => {
    const project = new TestProject('workspace')
    const locked = await project.lock(['@acme/lib', 'picomatch'], { member: 'packages/app' })
    expect(locked.packageJson.dependencies).toEqual({
      '@acme/lib': 'file:./local-packages/@acme/lib',
      picomatch: '^2.3.1',
    })
    const lib = locked.localPackages.find(({ to }) => to === 'local-packages/@acme/lib')
    expect(lib).toMatchObject({ from: project.path('packages/lib'), files: ['dist/index.js'] })
    expect(lib?.packageJson).not.toHaveProperty('scripts')
    expect(lib?.packageJson).not.toHaveProperty('devDependencies')
    const packages = packagesOf(locked)
    expect(packages['node_modules/picomatch'].version).toMatch(/^2\./)
    expect(packages['local-packages/@acme/tool/node_modules/picomatch'].version).toMatch(/^4\./)
    expect(packages['local-packages/@acme/tool/node_modules/ms'].version).toBe('2.1.3')
    expect(packages['node_modules/ms'].version).toBe('2.0.0')
    expect(locked.lock).not.toContain('nanoid')
  })

  it('packages a service of the workspace root', async () => {
    const locked = await new TestProject('workspace').lock(['picomatch', '@acme/tool'])
    expect(packagesOf(locked)['node_modules/picomatch'].version).toMatch(/^4\./)
    expect(locked.localPackages.map(({ to }) => to)).toEqual(['local-packages/@acme/tool'])
  })

  it('takes the specs and versions of a workspace package that is bundled in', async () => {
    const project = new TestProject('workspace')
    const lib = project.import('ms', 'packages/lib/src/index.ts')
    const locked = await project.lock([lib], { member: 'packages/app' })
    expect(locked.packageJson).toMatchObject({ dependencies: { ms: '2.0.0' } })
    const tool = project.import('ms', 'packages/tool/index.js')
    await expect(project.lock([lib, tool], { member: 'packages/app' })).rejects.toMatchObject({
      code: 'DEPENDENCY_CONFLICT',
    })
  })

  it('keeps apart two folders of one name', async () => {
    const project = new TestProject('file')
    project.write('other/package.json', { name: 'linked', version: '3.0.0' })
    project.edit('package.json', manifest => {
      manifest.dependencies.other = 'file:other'
    })
    project.edit('package-lock.json', ({ packages }) => {
      packages['node_modules/other'] = { resolved: 'other', link: true }
      packages.other = { name: 'linked', version: '3.0.0' }
    })
    const locked = await project.lock(['linked', 'other'])
    expect(locked.localPackages.map(({ from, to }) => [from, to])).toEqual([
      [project.path('linked'), 'local-packages/linked'],
      [project.path('other'), 'local-packages/linked-2'],
    ])
    expect(packagesOf(locked)['local-packages/linked-2']).toEqual({ name: 'linked', version: '3.0.0' })
  })

  it('leaves secrets and installed packages of a local folder behind', async () => {
    const project = new TestProject('file')
    for (const path of ['.env', '.npmrc', 'lib/key.pem', 'node_modules/a/index.js', '.git/config', 'lib/a.js']) {
      project.write(`linked/${path}`, 'x')
    }
    const locked = await project.lock(['linked'])
    expect(locked.localPackages[0]?.files).toEqual(['index.js', 'lib/a.js'])
  })

  it('does not take a folder that npm copied', async () => {
    const project = new TestProject('file')
    project.write('.npmrc', 'install-links=true\n')
    project.edit('package-lock.json', ({ packages }) => {
      packages['node_modules/linked'] = { version: '2.0.0', resolved: 'file:linked', dependencies: { ms: '^2.1.0' } }
      delete packages.linked
    })
    await expect(project.lock(['linked'])).rejects.toMatchObject({ code: 'LOCK_UNSUPPORTED' })
  })
})
