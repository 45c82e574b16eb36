import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BuildReport } from 'vite-plugin-bento'
import { describe, expect, test } from 'vitest'
import { scratchHome } from '../support/home.js'
import { BUNDLERS, type BuildPlan, type Bundler, buildWith, makeProject, type ProjectPlan } from '../support/project.js'
import { failureOf } from './failure.js'
import { commonjs, nodeResolve } from './rollup-plugins.js'

/** Builds with everything bundled that can be: only then the plugin decides what stays outside. */
async function bundleAll(bundler: Bundler, plan: ProjectPlan, build: Partial<BuildPlan> = {}): Promise<BuildReport> {
  const before = bundler === 'rollup' ? [nodeResolve(), commonjs()] : []
  const { report } = await buildWith(bundler, makeProject(plan), {
    home: scratchHome(),
    ...build,
    before: [...before, ...(build.before ?? [])],
    vite: { resolve: { noExternal: true }, ...build.vite },
    input: bundler === 'rolldown' ? { platform: 'node', ...build.input } : { ...build.input },
  })
  if (report === undefined) throw new Error('Nothing was packaged.')
  return report
}

function emitted(report: BuildReport): string {
  return ['service.js', 'server.js']
    .map(name => {
      try {
        return readFileSync(join(report.path, 'src', name), 'utf8')
      } catch {
        return ''
      }
    })
    .join('\n')
}

const packages = {
  sharp: {
    files: { 'index.js': 'import "./lib/load.js"; export default 1', 'lib/load.js': 'throw new Error("native")' },
  },
  'onnxruntime-node': { files: { 'index.js': 'export default 2' } },
  plain: { files: { 'index.js': 'export default "inlined"' } },
  extra: {},
}

describe.each(BUNDLERS)('%s', bundler => {
  test('keeps native packages outside, and what is below them, whatever the bundler is told', async () => {
    const service = `import sharp from 'sharp'
import 'sharp/lib/load.js'
import plain from 'plain'
const ort = await import('onnxruntime-node')
console.log(sharp, plain, ort)
`
    const report = await bundleAll(bundler, { files: { 'src/service.js': service }, packages })
    expect(report.packages.direct).toEqual({ 'onnxruntime-node': '1.0.0', sharp: '1.0.0' })
    expect(emitted(report)).toContain('"inlined"')
    expect(emitted(report)).not.toContain('throw new Error("native")')
  })

  test('the option natives adds and removes names', async () => {
    const service = `import sharp from 'sharp'; import plain from 'plain'; console.log(sharp, plain)`
    const report = await bundleAll(
      bundler,
      {
        files: { 'src/service.js': service },
        packages: { ...packages, sharp: { files: { 'index.js': 'export default 1' } } },
      },
      { options: { natives: ['plain', '!sharp'] } },
    )
    expect(report.packages.direct).toEqual({ plain: '1.0.0' })
  })

  test('finds what only the emitted code shows', async () => {
    const service = `import { createRequire } from 'node:module'
const load = createRequire(import.meta.url)
console.log(load('extra'), import.meta.resolve('plain'))
`
    const brought = {
      name: 'brought',
      renderChunk: (code: string) => ({ code: `import 'onnxruntime-node';\n${code}`, map: null }),
    }
    const report = await bundleAll(bundler, { files: { 'src/service.js': service }, packages }, { before: [brought] })
    expect(report.packages.direct).toEqual({ extra: '1.0.0', 'onnxruntime-node': '1.0.0', plain: '1.0.0' })
  })

  test('finds what inlined CommonJS requires', async () => {
    const report = await bundleAll(bundler, {
      files: { 'src/service.js': `import inlined from 'inlined'; console.log(inlined)` },
      packages: {
        ...packages,
        inlined: {
          files: { 'index.js': "const sharp = require('sharp'); module.exports = { sharp }" },
          manifest: { type: 'commonjs', dependencies: { sharp: '1.0.0' } },
        },
      },
    })
    expect(report.packages.direct).toEqual({ sharp: '1.0.0' })
  })

  test("leaves Node's own modules and dropped code out", async () => {
    const service = `import 'fs'
import 'node:sqlite'
import 'fs/promises'
if (false) await import('sharp')
console.log(1)
`
    const report = await bundleAll(
      bundler,
      { files: { 'src/service.js': service }, packages },
      {
        input: { external: [/^node:/, 'fs', 'fs/promises'] },
        vite: { resolve: { noExternal: true, external: ['node:sqlite'] } },
      },
    )
    expect(report.packages.direct).toEqual({})
  })

  test('adds what the option includes', async () => {
    const report = await bundleAll(
      bundler,
      { files: { 'src/service.js': 'console.log(1)' }, packages },
      { options: { dependencies: { include: ['extra'] } } },
    )
    expect(report.packages.direct).toEqual({ extra: '1.0.0' })
  })

  test('refuses a package that the lock does not hold', async () => {
    const plan = { files: { 'src/service.js': `import 'onnxruntime-node'` } }
    expect((await failureOf(() => bundleAll(bundler, plan))).code).toBe('DEPENDENCY_NOT_LOCKED')
  })

  test('warns about files that are loaded at run time but not emitted', async () => {
    const service = `import { createRequire } from 'node:module'
const load = createRequire(import.meta.url)
export const version = () => load('../generated.json').version
export const optional = () => { try { return load('./optional.json') } catch { return undefined } }
export const lazy = () => import('./lazy.js')
export const worker = () => new Worker(new URL('./worker.js', import.meta.url))
export const here = [new URL('.', import.meta.url), new URL('../', import.meta.url), new URL('https://example.com/', import.meta.url)]
`
    const project = makeProject({ files: { 'src/service.js': service, 'src/lazy.js': 'export default 1' } })
    const { log } = await buildWith(bundler, project, { home: scratchHome() })
    const warnings = log.filter(line => line.includes('at run time'))
    expect(warnings).toEqual([
      expect.stringMatching(/^.*\.js loads "\.\.\/generated\.json" at run time, which the build does not emit/),
      expect.stringMatching(/^.*\.js loads "\.\/worker\.js" at run time, which the build does not emit/),
    ])
  })

  test('takes for optional what CommonJS tries to require', async () => {
    const service = `let fast
try { fast = require('not-installed') } catch {}
module.exports = { fetch: () => new Response(String(fast)) }
`
    const report = await bundleAll(
      bundler,
      { files: { 'src/service.cjs': service } },
      {
        options: { service: 'src/service.cjs' },
        input: { external: ['not-installed'] },
        vite: { resolve: { noExternal: true, external: ['not-installed'] } },
      },
    )
    expect(report.warnings.join()).toContain('not-installed, which is not in the lock; it is taken for optional')
  })

  test('refuses imports that no package can answer to', async () => {
    const brought = {
      name: 'brought',
      renderChunk: (code: string) => ({
        code: `import '/opt/lib/x.js';\nimport 'https://example.com/x.js';\n${code}`,
        map: null,
      }),
    }
    const build = () => bundleAll(bundler, { files: { 'src/service.js': 'console.log(1)' } }, { before: [brought] })
    const { code, message } = await failureOf(build)
    expect(code).toBe('SERVICE_UNSUPPORTED')
    expect(message).toContain('"/opt/lib/x.js", "https://example.com/x.js"')
  })
})
