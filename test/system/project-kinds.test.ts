import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterAll, expect, it } from 'vitest'
import { parse } from 'yaml'
import { describeNeeding } from '../support/needs.js'
import { repository, serve } from '../support/served.js'
import { PROJECT_KINDS, type ProjectKind } from './project-kinds.js'

const PNPM = ['-y', 'pnpm@10']
/** Nothing listens there. */
const CLOSED = 'http://127.0.0.1:9/'

const COLUMNS = ['builds offline', 'npm ci works', 'versions equal', 'integrity on all', 'service answers'] as const
type Row = Record<(typeof COLUMNS)[number], boolean>

const scratch = mkdtempSync(join(tmpdir(), 'bento kinds '))
const table: Record<string, Partial<Row>> = {}

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 })
  console.table(
    Object.fromEntries(
      Object.entries(table).map(([kind, row]) => [
        kind,
        Object.fromEntries(COLUMNS.map(column => [column, row[column] === true ? 'yes' : 'no'])),
      ]),
    ),
  )
})

describeNeeding(registryMissing(), 'a project of each kind', () => {
  it.each(PROJECT_KINDS)(
    '$name: builds offline, is installed by npm ci, has the versions of its lock, answers',
    async kind => {
      const row: Partial<Row> = {}
      table[kind.name] = row
      const folder = installed(kind)

      const home = join(scratch, kind.name, 'home')
      const built = build(join(folder, kind.member), home)
      row['builds offline'] = true
      const locked = entries(JSON.parse(readFileSync(join(built, 'src/package-lock.json'), 'utf8')).packages)

      row['integrity on all'] = locked.every(({ integrity }) => /^sha512-/.test(integrity ?? ''))
      expect(row['integrity on all']).toBe(true)
      const known = projectLock(kind, folder)
      const strange = locked.filter(({ id, integrity }) => known.get(id) !== integrity).map(({ id }) => id)
      expect(strange).toEqual([])
      // Of every platform, not of this one alone.
      expect(locked.filter(({ id }) => id.startsWith('@node-rs/crc32-')).length).toBeGreaterThan(10)
      row['versions equal'] = true

      const copy = join(scratch, kind.name, 'copy')
      cpSync(join(built, 'src'), copy, { recursive: true })
      run('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund'], copy)
      const code = `import isNumber from 'is-number'; console.log(isNumber('patched'))`
      expect(run(process.execPath, ['--input-type=module', '-e', code], copy).trim()).toBe(String(kind.patched))
      row['npm ci works'] = true

      const running = await serve('kind', { home })
      try {
        expect(await running.get('/')).toMatchObject({ crc: crc32('bento'), patched: kind.patched })
      } finally {
        await running.stop()
      }
      row['service answers'] = true
    },
  )
})

/** The project with its packages, as its own package manager installs them, and the tools that build it. */
function installed({ name, manager, member, files }: ProjectKind): string {
  const folder = join(scratch, name, 'project')
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  if (manager === 'npm') run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund'], folder)
  else run('npx', [...PNPM, 'install', '--prefer-offline', '--no-frozen-lockfile'], folder)
  const modules = join(folder, member, 'node_modules')
  mkdirSync(modules, { recursive: true })
  for (const [tool, target] of [
    ['vite', join(repository, 'node_modules/vite')],
    ['vite-plugin-bento', repository],
  ] as const) {
    if (!existsSync(join(modules, tool))) symlinkSync(target, join(modules, tool), 'junction')
  }
  return folder
}

/** Builds where no registry can be reached and npm's cache is empty; returns the bento's folder. */
function build(folder: string, home: string): string {
  const config = `import { bento } from 'vite-plugin-bento'\nexport default { plugins: [bento({ name: 'kind', version: 'v1' })] }\n`
  writeFileSync(join(folder, 'vite.config.js'), config)
  const cache = join(home, '..', 'empty cache')
  const env = { npm_config_registry: CLOSED, npm_config_cache: cache, npm_config_store_dir: cache, BENTOML_HOME: home }
  run(process.execPath, [join(repository, 'node_modules/vite/bin/vite.js'), 'build'], folder, env)
  expect(existsSync(cache)).toBe(false)
  return join(home, 'bentos/kind/v1')
}

interface Locked {
  id: string
  integrity: string | undefined
}

function entries(
  packages: Record<string, { name?: string; version?: string; integrity?: string; link?: boolean }>,
): Locked[] {
  return Object.entries(packages)
    .filter(([location, { link }]) => location.includes('node_modules/') && link !== true)
    .map(([location, { name, version, integrity }]) => ({
      id: `${name ?? location.slice(location.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${version}`,
      integrity,
    }))
}

/** `name@version` to integrity, as the project's own lock has them. */
function projectLock({ manager }: ProjectKind, folder: string): Map<string, string | undefined> {
  if (manager === 'npm') {
    const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'))
    return new Map(entries(packages).map(({ id, integrity }) => [id, integrity]))
  }
  const { packages } = parse(readFileSync(join(folder, 'pnpm-lock.yaml'), 'utf8'))
  return new Map(
    Object.entries<{ resolution: { integrity?: string } }>(packages).map(([id, { resolution }]) => [
      id,
      resolution.integrity,
    ]),
  )
}

function run(program: string, args: string[], cwd: string, env: Record<string, string> = {}): string {
  const shell = process.platform === 'win32' && program !== process.execPath
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    shell,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}

function registryMissing(): string | undefined {
  const shell = process.platform === 'win32'
  const ok = (program: string, args: string[]) => spawnSync(program, args, { shell }).status === 0
  return ok('npx', [...PNPM, '--version']) ? undefined : 'the npm registry, which pnpm comes from'
}
