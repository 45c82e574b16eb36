import { execFileSync } from 'node:child_process'
import { readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { makeProject, type TestProject } from '../support/project.js'

const repository = fileURLToPath(new URL('../..', import.meta.url))

const TSCONFIG = JSON.stringify({
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    types: ['node', 'vite-plugin-bento/client'],
    skipLibCheck: false,
  },
})

/** Compiles files as a user's project would, with some packages installed; returns what the compiler says. */
function compile(files: Record<string, string>, installed: string[]): string {
  const project = makeProject({ files: { 'tsconfig.json': TSCONFIG, ...files } })
  for (const name of ['vite-plugin-bento', '@types/node', 'undici-types', ...installed]) install(project, name)
  try {
    const tsc = join(repository, 'node_modules/typescript/bin/tsc')
    return execFileSync(process.execPath, [tsc, '-p', '.'], { cwd: project.root, encoding: 'utf8' })
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}

function install(project: TestProject, name: string): void {
  const path = `node_modules/${name}`
  project.write({ [`${dirname(path)}/.keep`]: '' })
  if (name !== 'vite-plugin-bento') {
    symlinkSync(join(repository, path), project.path(path))
    return
  }
  // Not a link to the repository, where every bundler's types would be found from.
  const { name: _, ...manifest } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))
  project.write({ [`${path}/package.json`]: JSON.stringify({ name, ...manifest }) })
  for (const file of ['client.d.ts', 'dist']) symlinkSync(join(repository, file), project.path(`${path}/${file}`))
}

test('a Vite config takes the plugin, and needs no other bundler', () => {
  const config = `import { defineConfig } from 'vite'
import bento, { type BentoOptions, type BuildReport } from 'vite-plugin-bento'
const options: BentoOptions = { service: 'src/service.ts', version: '1.0', envs: { A: '1' }, models: ['m', { tag: 'm', alias: 'x' }] }
const plugin = bento(options)
const report: BuildReport | undefined = plugin.api.report
export default defineConfig({ plugins: [plugin, bento()], define: { tag: String(report?.tag) } })
`
  expect(compile({ 'vite.config.ts': config }, ['vite'])).toBe('')
})

test.each(['rollup', 'rolldown'])('a %s config takes the plugin', bundler => {
  const config = `import { defineConfig } from '${bundler}'
import { bento } from 'vite-plugin-bento/${bundler}'
const plugin = bento({ service: 'src/service.ts' })
export const tag: string | undefined = plugin.api.report?.tag
export default defineConfig({ input: 'src/service.ts', plugins: [plugin, [bento()]] })
`
  expect(compile({ 'config.ts': config }, [bundler])).toBe('')
})

test('a wrong option is a type error', () => {
  const config = `import { bento } from 'vite-plugin-bento'\nbento({ server: 'http' })\nbento({ lables: {} })\n`
  const said = compile({ 'vite.config.ts': config }, ['vite'])
  expect(said).toContain('\'"http"\' is not assignable')
  expect(said).toContain("'lables' does not exist")
})

test('model imports are typed, for every kind of request', () => {
  const service = `import byTag from 'virtual:bento/model/iris_clf:v1.2'
import byLabel from 'virtual:bento/model/iris_clf?stage=production&a@b=c'
const tag: string = byTag.tag
const path: string = byLabel.path
const stage: string | undefined = byTag.info.labels.stage
const classes = byTag.info.metadata.classes as string[]
const infoTag: string = byTag.info.tag
export default [tag, path, stage, classes, infoTag]
// @ts-expect-error: models are read-only
byTag.tag = 'x'
// @ts-expect-error: there is no such property
byTag.folder
`
  expect(compile({ 'src/service.ts': service }, [])).toBe('')
})

test('args are values of unknown type, unless the project says more', () => {
  const service = `import args from 'virtual:bento/args'
const threshold: number = Number(args.threshold ?? 0.5)
// @ts-expect-error: it may be anything
const text: string = args.text
export default [threshold, text]
`
  expect(compile({ 'src/service.ts': service }, [])).toBe('')
  const typed = `import args from 'virtual:bento/args'
declare module 'virtual:bento/args' {
  interface BentoArgs {
    readonly threshold: number
  }
}
export const threshold: number = args.threshold
export const other: unknown = args.other
`
  expect(compile({ 'src/service.ts': typed }, [])).toBe('')
})

test('a script builds without the types of any bundler', () => {
  const script = `import { type BuildOptions, type BuildReport, build, buildBentofile, isBentoError } from 'vite-plugin-bento/build'
const options: BuildOptions = { root: '.', labels: { a: 'b' }, bentofile: false, explain: sources => console.log(sources[0]?.from) }
const report: BuildReport = await build(options)
await buildBentofile('bentofile.yaml', { version: 'time' }).catch((error: unknown) => isBentoError(error, 'BUILD_FAILED'))
export const tag: string = report.tag
`
  expect(compile({ 'build.ts': script }, [])).toBe('')
})
