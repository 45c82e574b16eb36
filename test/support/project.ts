import { existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { InputOptions as RolldownOptions, OutputOptions as RolldownOutput } from 'rolldown'
import type { RollupOptions, OutputOptions as RollupOutput } from 'rollup'
import type { InlineConfig } from 'vite'
import type { BentoOptions, BuildReport } from 'vite-plugin-bento'
import { scratchFolder } from './home.js'

/** The bundlers that every plugin test runs on. */
export const BUNDLERS = ['vite8', 'vite7', 'rolldown', 'rollup'] as const
export type Bundler = (typeof BUNDLERS)[number]

/** A package as it lies in `node_modules` and in the lock. */
export interface FakePackage {
  version?: string
  /** Path to content; `index.js`, an ES module, by default. */
  files?: Record<string, string>
  /** More of its package.json. */
  manifest?: Record<string, unknown>
}

/** What a temporary project holds. */
export interface ProjectPlan {
  /** Path to content. */
  files: Record<string, string>
  /** Packages it depends on, installed without any registry. */
  packages?: Record<string, FakePackage>
  /** More of its package.json. */
  manifest?: Record<string, unknown>
  /** Where to put it; a temporary folder by default. */
  parent?: string
}

export interface TestProject {
  /** Absolute path, symbolic links resolved. */
  root: string
  path(name: string): string
  write(files: Record<string, string>): void
  remove(name: string): void
}

/** Makes a project with a package.json and an npm lock; removed when the test ends. */
export function makeProject(plan: ProjectPlan): TestProject {
  const root = realpathSync(scratchFolder(plan.parent))
  const path = (name: string) => join(root, name)
  const write = (files: Record<string, string>) => {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(path(name)), { recursive: true })
      writeFileSync(path(name), content)
    }
  }
  const packages = plan.packages ?? {}
  const manifest = {
    name: 'test-project',
    version: '1.0.0',
    type: 'module',
    dependencies: Object.fromEntries(Object.entries(packages).map(([name, { version }]) => [name, version ?? '1.0.0'])),
    ...plan.manifest,
  }
  write({ 'package.json': json(manifest), 'package-lock.json': json(lockOf(manifest, packages)) })
  for (const [name, { version = '1.0.0', files = {}, manifest: more }] of Object.entries(packages)) {
    const own = { name, version, type: 'module', exports: './index.js', ...more }
    const content = { 'index.js': `export default ${JSON.stringify(name)}\n`, ...files, 'package.json': json(own) }
    write(Object.fromEntries(Object.entries(content).map(([file, text]) => [`node_modules/${name}/${file}`, text])))
  }
  write(plan.files)
  return { root, path, write, remove: name => rmSync(path(name), { recursive: true }) }
}

function lockOf(manifest: Record<string, unknown>, packages: Record<string, FakePackage>): unknown {
  const entries = Object.entries(packages).map(([name, { version = '1.0.0', manifest: more = {} }]) => {
    const kept = [
      'dependencies',
      'optionalDependencies',
      'peerDependencies',
      'peerDependenciesMeta',
      'engines',
      'os',
      'cpu',
      'libc',
    ]
    const fields = Object.entries(more).filter(([key]) => kept.includes(key))
    return [`node_modules/${name}`, { version, integrity: `sha512-${'A'.repeat(86)}==`, ...Object.fromEntries(fields) }]
  })
  const { type: _type, ...root } = manifest
  return {
    name: manifest.name,
    version: manifest.version,
    lockfileVersion: 3,
    requires: true,
    packages: { '': root, ...Object.fromEntries(entries) },
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}

/** How to build a project. */
export interface BuildPlan {
  /** Store home. */
  home: string
  /** More options of the plugin; the service is `src/service.js` unless given. */
  options?: BentoOptions
  /** More of Vite's config. */
  vite?: InlineConfig
  /** More input options of Rollup and Rolldown. */
  input?: Omit<RollupOptions & RolldownOptions, 'output'>
  /** Output options of Rollup and Rolldown. */
  output?: (RollupOutput & RolldownOutput) | (RollupOutput & RolldownOutput)[]
  /** Other plugins, before ours. */
  before?: unknown[]
  /** Other plugins, after ours. */
  after?: unknown[]
}

export interface BuildOutcome {
  report: BuildReport | undefined
  /** What the bundler's logger was told, colours taken out. */
  log: string[]
}

/** Builds a project in this process with one of the bundlers, and lets the plugin package it. */
export async function buildWith(bundler: Bundler, project: TestProject, plan: BuildPlan): Promise<BuildOutcome> {
  return bundler === 'vite8' || bundler === 'vite7'
    ? buildWithVite(bundler, project, plan)
    : buildWithRollup(bundler, project, plan)
}

async function buildWithVite(bundler: 'vite8' | 'vite7', project: TestProject, plan: BuildPlan): Promise<BuildOutcome> {
  const { createBuilder, createLogger } = await importVite(bundler)
  const { bento } = await import('vite-plugin-bento')
  const plugin = bento({ service: 'src/service.js', ...pluginOptions(plan) })
  const log: string[] = []
  const logger = createLogger('silent')
  const note = (message: string) => void log.push(plain(message))
  const config = {
    root: project.root,
    configFile: false,
    customLogger: { ...logger, info: note, warn: note, warnOnce: note, error: note },
    ...plan.vite,
    plugins: [...((plan.before ?? []) as []), plugin, ...((plan.after ?? []) as [])],
  } satisfies InlineConfig
  const builder = await createBuilder(config, null)
  await builder.buildApp()
  return { report: plugin.api.report, log }
}

/**
 * The emitted entry in a bento. Where the user owns the naming (Rollup, Rolldown) `server.js` may be a launcher of it.
 */
export function entryIn(report: BuildReport | undefined): string {
  const source = join(report?.path ?? '', 'src')
  return join(source, existsSync(join(source, 'service.js')) ? 'service.js' : 'server.js')
}

/** Vite 7 under its alias has the same face, as far as the tests use it. */
export async function importVite(bundler: 'vite8' | 'vite7'): Promise<typeof import('vite')> {
  return bundler === 'vite8' ? import('vite') : ((await import('vite7')) as unknown as typeof import('vite'))
}

async function buildWithRollup(
  bundler: 'rollup' | 'rolldown',
  project: TestProject,
  plan: BuildPlan,
): Promise<BuildOutcome> {
  const log: string[] = []
  const outputs = [plan.output ?? { dir: project.path('dist'), format: 'es' as const }].flat()
  const { bento } =
    bundler === 'rollup' ? await import('vite-plugin-bento/rollup') : await import('vite-plugin-bento/rolldown')
  const { service, ...options } = pluginOptions(plan)
  // Relative paths begin in the working directory there, which is not the project's.
  const plugin = bento({ ...options, ...(service === undefined ? {} : { service: project.path(service) }) })
  const input = {
    input: project.path(plan.options?.service ?? 'src/service.js'),
    onLog: (_level: string, { message }: { message: string }) => void log.push(plain(message)),
    ...plan.input,
    plugins: [...(plan.before ?? []), plugin, ...(plan.after ?? [])],
  }
  const { bundle } = await start(bundler, input)
  try {
    for (const output of outputs) await bundle.write(output)
  } finally {
    await bundle.close()
  }
  return { report: plugin.api.report, log }
}

async function start(bundler: 'rollup' | 'rolldown', input: object) {
  type Bundle = { write(output: object): Promise<unknown>; close(): Promise<void> }
  const { rollup } = bundler === 'rollup' ? await import('rollup') : { rollup: (await import('rolldown')).rolldown }
  return { bundle: (await rollup(input as never)) as Bundle }
}

function pluginOptions(plan: BuildPlan): BentoOptions {
  return { store: plan.home, ...plan.options }
}

function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with ESC.
  return text.replace(/\x1b\[[0-9;]*m/g, '')
}
