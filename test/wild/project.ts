import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { repository } from '../support/served.js'

const projects = join(dirname(fileURLToPath(import.meta.url)), 'projects')

/** A copy of a fixture project, its packages installed, and a scratch store for it. */
export interface WildProject {
  folder: string
  home: string
  remove(): void
}

/** Copies `projects/<name>`, with the packages of its lock as `npm ci` lays them. */
export function wildProject(name: string): WildProject {
  const scratch = mkdtempSync(join(tmpdir(), `bento wild ${name}-`))
  const folder = join(scratch, name)
  cpSync(join(projects, name), folder, { recursive: true })
  cpSync(installed(name), join(folder, 'node_modules'), { recursive: true, verbatimSymlinks: true })
  // The tools that build it are this repository's own, as `npm install file:…` would link them.
  for (const [tool, target] of [
    ['vite', join(repository, 'node_modules/vite')],
    ['vite-plugin-bento', repository],
  ] as const) {
    symlinkSync(target, join(folder, 'node_modules', tool), 'junction')
  }
  return {
    folder,
    home: join(scratch, 'home'),
    remove: () => rmSync(scratch, { recursive: true, force: true, maxRetries: 5 }),
  }
}

/**
 * Runs the real `vite build` of `project`; returns what it printed.
 *
 * @param options - JavaScript source of the plugin's options
 * @param cwd - where it is typed
 */
export function viteBuild({ folder, home }: WildProject, options: string, cwd = folder): string {
  writeFileSync(
    join(folder, 'vite.config.js'),
    `import { bento } from 'vite-plugin-bento'\nexport default { plugins: [bento(${options})] }\n`,
  )
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(folder, 'node_modules/vite/bin/vite.js'), 'build', folder],
    { cwd, env: { ...process.env, BENTOML_HOME: home }, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`vite build ended with ${status}:\n${stdout}${stderr}`)
  return stdout + stderr
}

/** The `node_modules` of a fixture, installed once per lock. */
function installed(name: string): string {
  const lock = readFileSync(join(projects, name, 'package-lock.json'))
  const id = createHash('sha256').update(lock).digest('hex').slice(0, 16)
  const cache = join(repository, 'node_modules/.cache/wild')
  const target = join(cache, `${name}-${id}`)
  if (!existsSync(target)) {
    mkdirSync(cache, { recursive: true })
    const stage = mkdtempSync(join(cache, 'stage-'))
    for (const file of ['package.json', 'package-lock.json']) cpSync(join(projects, name, file), join(stage, file))
    const { status, stderr } = spawnSync(
      'npm',
      ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'],
      {
        cwd: stage,
        encoding: 'utf8',
        shell: process.platform === 'win32',
      },
    )
    if (status !== 0) throw new Error(`npm ci of ${name} ended with ${status}:\n${stderr}`)
    renameSync(stage, target)
  }
  return join(target, 'node_modules')
}
