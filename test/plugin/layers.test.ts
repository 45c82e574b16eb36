import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BentoOptions } from 'vite-plugin-bento'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { BentoStore } from '../../src/store/index.js'
import { scratchHome } from '../support/home.js'
import { BUNDLERS, type BuildOutcome, type Bundler, buildWith, importVite, makeProject } from '../support/project.js'
import { failureOf } from './failure.js'

const SERVICE = `import args from 'virtual:bento/args'
export default { fetch: () => Response.json(args) }
`
const BENTOFILE = `name: from-bentofile
version: 1.10
labels: { team: bentofile, stage: bentofile }
args: { threshold: 0.5, list: [1, two], from: bentofile }
envs: [{ name: LEVEL, value: 1 }]
`
const SECTION: BentoOptions = {
  name: 'from-package',
  labels: { team: 'package', origin: 'package' },
  args: { from: 'package' },
  envs: { MORE: 'package' },
}

/** Builds a project that has all three layers. Rollup and Rolldown read them where they run, so this goes there. */
async function build(
  bundler: Bundler,
  options: BentoOptions,
  files: Record<string, string> = { 'bentofile.yaml': BENTOFILE },
  section: unknown = SECTION,
): Promise<BuildOutcome & { home: string }> {
  const project = makeProject({ files: { 'src/service.js': SERVICE, ...files }, manifest: { bento: section } })
  const home = scratchHome()
  const before = process.cwd()
  process.chdir(project.root)
  onTestFinished(() => process.chdir(before))
  return { home, ...(await buildWith(bundler, project, { home, options })) }
}

describe.each(BUNDLERS)('%s', bundler => {
  test('the config wins over bentofile.yaml, and that over package.json', async () => {
    const { report, home } = await build(bundler, { labels: { stage: 'config' } })
    expect(report?.tag).toBe('from-bentofile:1.10')
    const { info } = await new BentoStore(home).get('from-bentofile:1.10')
    expect(info.labels).toEqual({ team: 'bentofile', origin: 'package', stage: 'config' })
    expect(info.envs).toMatchObject([
      { name: 'MORE', value: 'package' },
      { name: 'LEVEL', value: '1' },
    ])
    expect(info.args).toEqual({ from: 'bentofile', threshold: 0.5, list: [1, 'two'] })
  })

  test('virtual:bento/args gives the merged args', async () => {
    const { report } = await build(bundler, { args: { threshold: 0.75, from: 'config' } })
    const source = join(report?.path ?? '', 'src')
    const { main } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
    expect(main).toBe('server.js')
    const service = await import(/* @vite-ignore */ pathToFileURL(join(source, 'service.js')).href)
    const response: Response = service.default.fetch()
    expect(await response.json()).toEqual({ threshold: 0.75, list: [1, 'two'], from: 'config' })
  })

  test('args are part of the content version', async () => {
    const tags = []
    for (const threshold of [0.1, 0.1, 0.2]) {
      tags.push((await build(bundler, { version: 'content', args: { threshold } })).report?.tag)
    }
    expect(tags[0]).toBe(tags[1])
    expect(tags[0]).not.toBe(tags[2])
  })

  test('a wrong bentofile fails the build, with all problems', async () => {
    const files = { 'bentofile.yaml': 'nmae: x\npython: {}\ninclude: "*.py"\n' }
    const { code, message } = await failureOf(() => build(bundler, {}, files))
    expect(code).toBe('BENTOFILE_INVALID')
    expect(message).toMatch(
      /bentofile\.yaml is wrong: line 1: nmae .*did you mean "name".*line 2: python.*line 3: include/,
    )
  })

  test('a wrong section of package.json fails the build', async () => {
    const { code, message } = await failureOf(() => build(bundler, {}, {}, { name: 1, watch: 'x' }))
    expect(code).toBe('OPTION_INVALID')
    expect(message).toContain('Options of the section "bento" of package.json are wrong: name must be text')
  })

  test('unknown options of package.json are warned of', async () => {
    const { log } = await build(bundler, {}, {}, { nmae: 'x' })
    expect(log.join('\n')).toContain('"nmae" is no option of the section "bento" of package.json; did you mean "name"?')
  })
})

describe.each(['vite8', 'vite7'] as const)('%s dev server', bundler => {
  test('args are those of the files, and a bentofile that comes, changes or goes restarts it', async () => {
    const project = makeProject({ files: { 'src/service.js': SERVICE } })
    const { createServer } = await importVite(bundler)
    const { bento } = await import('vite-plugin-bento')
    const server = await createServer({
      root: project.root,
      configFile: false,
      logLevel: 'silent',
      appType: 'custom',
      server: { middlewareMode: true, ws: false },
      optimizeDeps: { noDiscovery: true },
      plugins: [bento({ store: scratchHome() })],
    })
    onTestFinished(() => server.close())
    const load = async () => {
      const { default: service } = await server.ssrLoadModule('/src/service.js')
      return (service.fetch() as Response).json()
    }
    const loads = (args: object) => vi.waitFor(async () => expect(await load()).toEqual(args), { timeout: 10_000 })
    expect(await load()).toEqual({})
    project.write({ 'bentofile.yaml': 'args: { a: 1 }\n' })
    await loads({ a: 1 })
    project.write({ 'bentofile.yaml': 'args: { a: 2 }\n' })
    await loads({ a: 2 })
    project.remove('bentofile.yaml')
    await loads({})
  })
})
