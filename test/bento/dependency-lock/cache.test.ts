import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { TestProject } from './project.js'

/** A project with installed packages, as far as the cache can tell. */
function installed(fixture: string): TestProject {
  const project = new TestProject(fixture)
  mkdirSync(project.path('node_modules'))
  return project
}

/** Whether the result came from the cache: what the cache holds is changed before, and must show. */
function poison(project: TestProject): void {
  const [file] = readdirSync(project.path('node_modules/.cache/vite-plugin-bento'))
  project.edit(`node_modules/.cache/vite-plugin-bento/${file}`, kept => {
    kept.derived.warnings = ['from the cache']
  })
}

const hit = { warnings: ['from the cache'] }

describe('the cache of derived locks', () => {
  it('gives the same again', async () => {
    const project = installed('workspace')
    const imports = ['@acme/lib', 'picomatch']
    const first = await project.lock(imports, { member: 'packages/app' })
    expect(await project.lock(imports, { member: 'packages/app' })).toEqual(first)
    poison(project)
    expect(await project.lock(imports, { member: 'packages/app' })).toMatchObject(hit)
  })

  it('does not mind another file that imports the same', async () => {
    const project = installed('plain')
    await project.lock([project.import('hono', 'src/a.ts')])
    poison(project)
    expect(await project.lock([project.import('hono', 'src/b.ts')])).toMatchObject(hit)
  })

  it.each<[string, (project: TestProject) => void]>([
    [
      'package.json',
      project => project.edit('package.json', manifest => Object.assign(manifest, { engines: { node: '22' } })),
    ],
    [
      'the package.json of a member',
      project => project.edit('packages/lib/package.json', lib => Object.assign(lib, { a: 1 })),
    ],
    ['the lock', project => project.write('package-lock.json', `${project.text('package-lock.json')}\n`)],
    ["npm's options", project => project.write('.npmrc', 'legacy-peer-deps=true\n')],
  ])('is left when %s changes', async (_, change) => {
    const project = installed('workspace')
    await project.lock(['hono'], { member: 'packages/app' })
    poison(project)
    change(project)
    expect(await project.lock(['hono'], { member: 'packages/app' })).not.toMatchObject(hit)
  })

  it.each<[string, (project: TestProject) => void]>([
    ['nothing', () => {}],
    [
      'the settings of pnpm',
      project => project.write('pnpm-workspace.yaml', `${project.text('pnpm-workspace.yaml')}\n`),
    ],
    [
      'a patch',
      project =>
        project.write(
          'patches/is-number@7.0.0.patch',
          project.text('patches/is-number@7.0.0.patch').replace(/\n/g, '\r\n'),
        ),
    ],
    ['what is installed', project => project.write('node_modules/.pnpm/lock.yaml', 'lockfileVersion: 9.0')],
    [
      'the package.json of a member',
      project => project.edit('packages/shared/package.json', shared => Object.assign(shared, { a: 1 })),
    ],
  ])('of a pnpm workspace is used until a change of: %s', async (what, change) => {
    const project = installed('pnpm-workspace')
    await project.lock(['debug', 'is-number'], { member: 'packages/app' })
    poison(project)
    change(project)
    const again = await project.lock(['debug', 'is-number'], { member: 'packages/app' })
    if (what === 'nothing') expect(again).toMatchObject(hit)
    else expect(again).not.toMatchObject(hit)
  })

  it('is left when externals or includes change', async () => {
    const project = installed('plain')
    await project.lock(['hono'])
    poison(project)
    expect(await project.lock(['hono', 'pino'])).not.toMatchObject(hit)
    poison(project)
    expect(await project.lock(['hono'], { include: ['pino'] })).not.toMatchObject(hit)
  })

  it('may be damaged or unusable', async () => {
    const project = installed('plain')
    const first = await project.lock(['hono'])
    const folder = project.path('node_modules/.cache/vite-plugin-bento')
    for (const file of readdirSync(folder)) writeFileSync(`${folder}/${file}`, '{"format":1')
    expect(await project.lock(['hono'])).toEqual(first)
    rmSync(folder, { recursive: true })
    writeFileSync(folder, 'a file in its place')
    expect(await project.lock(['hono'])).toEqual(first)
  })

  it('makes no node_modules of its own', async () => {
    const project = new TestProject('plain')
    await project.lock(['hono'])
    expect(readdirSync(project.root)).not.toContain('node_modules')
  })

  it('keeps two services of one project apart', async () => {
    const project = installed('plain')
    await project.lock(['hono'])
    await project.lock(['pino'], { name: 'other' })
    expect(readdirSync(project.path('node_modules/.cache/vite-plugin-bento'))).toHaveLength(2)
  })
})

describe('a bundle without external packages', () => {
  it('needs neither lock nor npm’s engine', async () => {
    const project = new TestProject()
    project.write('package.json', { name: 'x', engines: { node: '>=22' }, overrides: { a: '1' } })
    const builtin = { ...project.import('node:fs'), packageName: 'node:fs' }
    const locked = await project.lock([builtin, project.import('fs')])
    expect(locked).toMatchObject({
      packageJson: { name: 'svc', version: '0.0.0', private: true, type: 'module', engines: { node: '>=22' } },
      packageCount: 0,
      direct: {},
      npmrc: undefined,
    })
    expect(JSON.parse(locked.lock)).toEqual({
      name: 'svc',
      version: '0.0.0',
      lockfileVersion: 3,
      requires: true,
      packages: { '': { name: 'svc', version: '0.0.0', engines: { node: '>=22' } } },
    })
  })

  it.each([
    [undefined, { node: '^20.19.0 || >=22.12.0' }],
    [{ npm: '>=10' }, { node: '^20.19.0 || >=22.12.0', npm: '>=10' }],
    [{ node: '*' }, { node: '*' }],
  ])('asks for our own range of Node where the project asks for none: %j', async (engines, expected) => {
    const project = new TestProject()
    project.write('package.json', { name: 'x', ...(engines && { engines }) })
    const { packageJson, lock } = await project.lock([])
    expect(packageJson.engines).toEqual(expected)
    expect(JSON.parse(lock).packages[''].engines).toEqual(expected)
  })
})
