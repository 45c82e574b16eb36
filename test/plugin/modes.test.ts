import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BuildReport } from 'vite-plugin-bento'
import { describe, expect, test } from 'vitest'
import { scratchHome } from '../support/home.js'
import { BUNDLERS, type BuildPlan, type Bundler, buildWith, makeProject } from '../support/project.js'
import { failureOf } from './failure.js'
import { commonjs } from './rollup-plugins.js'

type Files = Record<string, string>

async function build(bundler: Bundler, files: Files, plan: Partial<BuildPlan> = {}): Promise<BuildReport> {
  const { report } = await buildWith(bundler, makeProject({ files }), { home: scratchHome(), ...plan })
  if (report === undefined) throw new Error('Nothing was packaged.')
  return report
}

/** Runs the bento's server to its end: a program that prints and exits. */
function run(report: BuildReport, ...args: string[]): string {
  return execFileSync(process.execPath, [join(report.path, 'src/server.js'), ...args], { encoding: 'utf8' }).trim()
}

/** CommonJS is Rolldown's and Vite's own business; Rollup has a plugin for it. */
function withCommonJs(bundler: Bundler): Partial<BuildPlan> {
  return bundler === 'rollup' ? { before: [commonjs()] } : {}
}

describe.each(BUNDLERS)('%s', bundler => {
  test('an entry with a default export is served', async () => {
    const report = await build(bundler, { 'src/service.js': 'export default { fetch: () => new Response("hi") }' })
    expect(report.mode).toBe('handler')
    expect(readFileSync(join(report.path, 'src/server.js'), 'utf8')).toContain("import('./service.js')")
  })

  test('the option server decides over what the entry shows', async () => {
    const files = { 'src/service.js': 'export default 1; console.log(import.meta.main)' }
    expect(run(await build(bundler, files, { options: { server: 'program' } }))).toBe('true')
    const handler = await build(bundler, files, { options: { server: 'handler' } })
    expect(handler.mode).toBe('handler')
    expect(readFileSync(join(handler.path, 'src/service.js'), 'utf8')).toContain('console.log(false)')
  })

  test.each([
    ['import.meta.main', 'import.meta.main'],
    ['import.meta.filename', 'import.meta.filename === process.argv[1]'],
    ['import.meta.url', 'import.meta.url === pathToFileURL(process.argv[1]).href'],
  ])('the guard %s holds', async (_name, guard) => {
    const report = await build(bundler, {
      'src/service.js': `import { pathToFileURL } from 'node:url'
export default pathToFileURL
if (${guard}) console.log('started', process.argv[2])
`,
    })
    expect(report.mode).toBe('program')
    expect(run(report, 'now')).toBe('started now')
  })

  test('import.meta.main is false in every module but the entry', async () => {
    const report = await build(bundler, {
      'src/service.js': `import './other.js'\nif (import.meta.main) console.log('entry')`,
      'src/other.js': `if (import.meta.main) console.log('other')\nelse console.log('library')`,
    })
    expect(run(report).split('\n')).toEqual(['library', 'entry'])
  })

  test('a CommonJS program works: require, module, __dirname, __filename, require.main', async () => {
    const report = await build(
      bundler,
      {
        'src/service.cjs': `const { basename } = require('node:path')
const lib = require('./lib.cjs')
exports.started = false
if (require.main === module) {
  console.log(JSON.stringify([basename(__dirname), basename(__filename), lib.where, lib.isMain, typeof module.exports]))
}
`,
        'src/lib.cjs': `const { basename } = require('path')
module.exports = { where: basename(__dirname), isMain: require.main === module }
`,
        'package.json': '{ "name": "cjs", "version": "1.0.0" }',
        'package-lock.json':
          '{ "name": "cjs", "lockfileVersion": 3, "packages": { "": { "name": "cjs", "version": "1.0.0" } } }',
      },
      { ...withCommonJs(bundler), options: { service: 'src/service.cjs' } },
    )
    expect(report.mode).toBe('program')
    const [folder, file, where, isMain, exports] = JSON.parse(run(report))
    expect([folder, where, isMain, exports]).toEqual(['src', 'src', false, 'object'])
    expect(file).toBe(bundler.startsWith('vite') ? 'server.js' : 'service.js')
  })

  test('a CommonJS handler works: module.exports', async () => {
    const report = await build(
      bundler,
      { 'src/service.cjs': `module.exports = { fetch: () => new Response(__filename) }` },
      { ...withCommonJs(bundler), options: { service: 'src/service.cjs' } },
    )
    expect(report.mode).toBe('handler')
    const service = join(report.path, 'src/service.js')
    const print = `const { default: s } = await import(process.argv[1]); console.log(await (await s.fetch()).text())`
    expect(
      execFileSync(process.execPath, ['--input-type=module', '-e', print, service], { encoding: 'utf8' }).trim(),
    ).toBe(service)
  })

  test('names of CommonJS in an ES module work too', async () => {
    const report = await build(bundler, {
      'src/service.js': `#!/usr/bin/env node
import { basename } from 'node:path'
if (require.main === module) console.log(basename(__dirname), typeof require('node:fs').readFileSync)
`,
    })
    expect(run(report)).toBe('src function')
  })

  test('code that only asks for CommonJS is left alone', async () => {
    const report = await build(bundler, {
      'src/service.js': `const kind = typeof module === 'object' ? module.exports : typeof require\nconsole.log(kind)`,
    })
    expect(run(report)).toMatch(/undefined|\{\}/)
  })

  test('TypeScript is read as it is written', async () => {
    const files = {
      'src/service.ts': `import type { Server } from 'node:http'
export type Kind = Server
if (import.meta.main as boolean) console.log('typed' satisfies string)
export default 1
`,
    }
    // Rollup has no TypeScript of its own; a plugin stands in for one.
    const strip = {
      name: 'strip',
      transform: (code: string) => ({
        code: code.replace(/^(?:import|export) type.*$/gm, '').replace(/ (?:as|satisfies) \w+/g, ''),
        map: null,
      }),
    }
    const plan = bundler === 'rollup' ? { before: [strip] } : {}
    const report = await build(bundler, files, { ...plan, options: { service: 'src/service.ts' } })
    expect(report.mode).toBe('program')
    expect(run(report)).toBe('typed')
  })
})

// Rollup leaves TypeScript to plugins.
describe.each(BUNDLERS.filter(name => name !== 'rollup'))('%s', bundler => {
  test.each(['cts', 'ts'])('CommonJS in TypeScript works: service.%s', async extension => {
    const files = {
      [`src/service.${extension}`]: `import lib = require('./lib.${extension}')
const { basename } = require('node:path') as typeof import('node:path')
if (require.main === module) console.log(basename(__dirname as string), lib.name)
export = lib
`,
      [`src/lib.${extension}`]: `const name: string = 'lib'\nexport = { name }\n`,
      'package.json': '{ "name": "cjs", "version": "1.0.0" }',
      'package-lock.json':
        '{ "name": "cjs", "lockfileVersion": 3, "packages": { "": { "name": "cjs", "version": "1.0.0" } } }',
    }
    const report = await build(bundler, files, { options: { service: `src/service.${extension}` } })
    expect(report.mode).toBe('program')
    expect(run(report)).toBe('src lib')
  })
})

describe('rollup without its CommonJS plugin', () => {
  test.each([
    ['module.exports = 1', /service\.js is CommonJS: it uses module/],
    ['exports.a = 1', /it uses exports/],
    ["const lib = require('./lib.js'); console.log(lib)", /require\("\.\/lib\.js"\)/],
  ])('says what to do about %s', async (code, expected) => {
    const failure = await failureOf(() => build('rollup', { 'src/service.js': code, 'src/lib.js': '' }))
    expect(failure.code).toBe('SERVICE_UNSUPPORTED')
    expect(failure.message).toMatch(expected)
    expect(failure.message).toContain('@rollup/plugin-commonjs')
  })
})

describe('output formats', () => {
  test.each(['rollup', 'rolldown'] as const)('%s: refuses what a bento cannot start', async bundler => {
    const project = makeProject({ files: { 'src/service.js': 'export default 1' } })
    const output = { dir: project.path('dist'), format: 'cjs' as const }
    const { code, message } = await failureOf(() => buildWith(bundler, project, { home: scratchHome(), output }))
    expect(code).toBe('SERVICE_UNSUPPORTED')
    expect(message).toContain('format')
  })

  test.each(['rollup', 'rolldown'] as const)('%s: takes CommonJS that says so in its name', async bundler => {
    const project = makeProject({ files: { 'src/service.js': 'if (import.meta.main) console.log("started")' } })
    const output = { dir: project.path('dist'), format: 'cjs' as const, entryFileNames: '[name].cjs' }
    const { report } = await buildWith(bundler, project, { home: scratchHome(), output })
    expect(run(report as BuildReport)).toBe('started')
  })
})
