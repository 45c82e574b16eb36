import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { scratchHome } from '../support/home.js'
import { type BuildPlan, buildWith, entryIn, makeProject, type TestProject } from '../support/project.js'
import { failureOf } from './failure.js'

const INTEGRITY = `sha512-${'A'.repeat(86)}==`

interface Dependency {
  version: string
  files?: Record<string, string>
  manifest?: Record<string, unknown>
}

/** What `packages/shared`, a package of TypeScript sources alone, depends on. */
const SHARED: Record<string, Dependency> = {
  deep: { version: '1.0.0' },
  // Without "exports", so that Node wants the extension.
  legacy: {
    version: '1.0.0',
    files: { 'lib/sub.js': 'module.exports = "sub"' },
    manifest: { type: 'commonjs', exports: undefined },
  },
}

/**
 * A service and a package of its workspace, as pnpm installs them: what the package depends on can be found from its
 * own folder alone.
 */
function workspace(source: string, own: Record<string, Dependency> = {}): TestProject {
  const project = makeProject({
    files: {
      'src/service.js': `import { text } from '@acme/shared'\n${Object.keys(own)
        .map(name => `import ${name} from '${name}'; console.log(${name})\n`)
        .join('')}console.log(text)\n`,
      'packages/shared/package.json': JSON.stringify({
        name: '@acme/shared',
        version: '1.0.0',
        type: 'module',
        exports: './src/index.ts',
        dependencies: Object.fromEntries(Object.entries(SHARED).map(([name, { version }]) => [name, version])),
      }),
      'packages/shared/src/index.ts': source,
      'pnpm-workspace.yaml': 'packages:\n  - packages/*\n',
      'pnpm-lock.yaml': pnpmLock(own),
    },
    manifest: {
      dependencies: {
        '@acme/shared': 'workspace:*',
        ...Object.fromEntries(Object.entries(own).map(([name, { version }]) => [name, version])),
      },
    },
  })
  project.remove('package-lock.json')
  link(project, 'packages/shared', 'node_modules/@acme/shared')
  install(project, '', own)
  install(project, 'packages/shared/', SHARED)
  return project
}

function install(project: TestProject, importer: string, dependencies: Record<string, Dependency>): void {
  for (const [
    name,
    { version, files = { 'index.js': `export default '${name} ${version}'` }, manifest },
  ] of Object.entries(dependencies)) {
    const folder = `node_modules/.pnpm/${name}@${version}/node_modules/${name}`
    const own = { name, version, type: 'module', exports: './index.js', ...manifest }
    project.write({ [`${folder}/package.json`]: JSON.stringify(own) })
    project.write(Object.fromEntries(Object.entries(files).map(([file, text]) => [`${folder}/${file}`, text])))
    link(project, folder, `${importer}node_modules/${name}`)
  }
}

function link(project: TestProject, target: string, path: string): void {
  mkdirSync(dirname(project.path(path)), { recursive: true })
  symlinkSync(project.path(target), project.path(path), 'junction')
}

function pnpmLock(own: Record<string, Dependency>): string {
  const importer = (dependencies: Record<string, Dependency>) =>
    Object.fromEntries(
      Object.entries(dependencies).map(([name, { version }]) => [name, { specifier: version, version }]),
    )
  const all = [...Object.entries(own), ...Object.entries(SHARED)].map(([name, { version }]) => `${name}@${version}`)
  // JSON is YAML.
  return JSON.stringify({
    lockfileVersion: '9.0',
    importers: {
      '.': {
        dependencies: {
          '@acme/shared': { specifier: 'workspace:*', version: 'link:packages/shared' },
          ...importer(own),
        },
      },
      'packages/shared': { dependencies: importer(SHARED) },
    },
    packages: Object.fromEntries(all.map(key => [key, { resolution: { integrity: INTEGRITY } }])),
    snapshots: Object.fromEntries(all.map(key => [key, {}])),
  })
}

const SOURCE = `import deep from 'deep'
import sub from 'legacy/lib/sub'
export const text: string = deep + sub
`

describe.each(['vite8', 'vite7'] as const)('%s', bundler => {
  const build = (project: TestProject, plan: Partial<BuildPlan> = {}) =>
    buildWith(bundler, project, { home: scratchHome(), ...plan })

  test('bundles a package of TypeScript sources, and keeps outside and locks what it depends on', async () => {
    const { report } = await build(workspace(SOURCE))
    expect(report?.packages.direct).toEqual({ deep: '1.0.0', legacy: '1.0.0' })
    const code = readFileSync(entryIn(report), 'utf8')
    expect(code).toMatch(/from\s*["']deep["']/)
    expect(code).toContain('legacy/lib/sub.js')
    expect(code).not.toContain('deep 1.0.0')
    expect(readFileSync(join(report?.path ?? '', 'src/package-lock.json'), 'utf8')).toContain(INTEGRITY)
  })

  test('takes in what the user wants bundled', async () => {
    const plan = { vite: { resolve: { noExternal: [/^deep$/, 'leg*'] } } }
    const { report } = await build(workspace(`import deep from 'deep'\nexport const text: string = deep\n`), plan)
    expect(report?.packages.direct).toEqual({})
    expect(readFileSync(entryIn(report), 'utf8')).toContain('deep 1.0.0')
  })

  test('refuses two versions under one name, which Vite would make one, and tells who imports which', async () => {
    const project = workspace(SOURCE, { deep: { version: '2.0.0' } })
    const { code, message } = await failureOf(() => build(project))
    expect(code).toBe('DEPENDENCY_CONFLICT')
    expect(message).toContain('deep@1.0.0 (imported by packages/shared/src/index.ts)')
    expect(message).toContain('deep@2.0.0 (imported by src/service.js)')
    expect(message).toContain("noExternal: ['deep']")
  })

  test('both versions are in the bundle where the user does what the refusal says', async () => {
    const project = workspace(SOURCE, { deep: { version: '2.0.0' } })
    const { report } = await build(project, { vite: { resolve: { noExternal: ['deep'] } } })
    const code = readFileSync(entryIn(report), 'utf8')
    expect(code).toContain('deep 1.0.0')
    expect(code).toContain('deep 2.0.0')
  })
})

describe('rolldown', () => {
  const deepOnly = `import deep from 'deep'\nexport const text: string = deep\n`
  const build = (project: TestProject) =>
    buildWith('rolldown', project, { home: scratchHome(), input: { external: ['deep'], platform: 'node' } })

  test('locks what stays outside from the package that imports it', async () => {
    const { report } = await build(workspace(deepOnly))
    expect(report?.packages.direct).toEqual({ deep: '1.0.0' })
  })

  test('refuses two versions under one name', async () => {
    const { code, message } = await failureOf(() => build(workspace(deepOnly, { deep: { version: '2.0.0' } })))
    expect(code).toBe('DEPENDENCY_CONFLICT')
    expect(message).toContain('deep@1.0.0 (imported by packages/shared/src/index.ts)')
    expect(message).toContain('deep@2.0.0 (imported by src/service.js)')
  })
})
