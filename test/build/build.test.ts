import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { OptionSource } from '../../src/build/index.js'
import { type BuildOptions, build, buildBentofile } from '../../src/build/index.js'
import { BentoStore } from '../../src/store/index.js'
import { scratchFolder, scratchHome, tagsOf } from '../support/home.js'
import { CLIENT, VITES, viteProject } from './vite-project.js'

const quiet = { logLevel: 'silent' } as const satisfies BuildOptions
const CONFIG = `import { bento } from 'vite-plugin-bento'
export default { plugins: [bento({ labels: { team: 'config', stage: 'config' } })] }
`

async function labelsOf(home: string, tag: string) {
  return (await new BentoStore(home).get(tag)).info.labels
}

function goTo(folder: string): void {
  const before = process.cwd()
  process.chdir(folder)
  onTestFinished(() => process.chdir(before))
}

describe.each(VITES)('%s', vite => {
  test('builds a project without a config', async () => {
    const project = viteProject(vite, {})
    const store = scratchHome()
    const before = process.cwd()
    const report = await build({ root: project.root, store, args: { a: 1 }, ...quiet })
    expect(report).toMatchObject({ name: 'test-project', published: true, mode: 'handler' })
    expect(readdirSync(project.path('dist'))).toEqual(['server'])
    expect(readFileSync(join(report.path, 'src/service.js'), 'utf8')).toContain('"a": 1')
    expect(process.cwd()).toBe(before)
  })

  test('adds the plugin to a config that lacks it, and builds client and service', async () => {
    const config = `export default { define: { WORD: '"defined"' } }`
    const service = 'export default { fetch: () => new Response(WORD) }'
    const project = viteProject(vite, { ...CLIENT, 'vite.config.js': config, 'src/service.js': service })
    const report = await build({ root: project.root, store: scratchHome(), ...quiet })
    expect(readdirSync(project.path('dist')).sort()).toEqual(['client', 'server'])
    expect(readFileSync(join(report.path, 'src/service.js'), 'utf8')).toContain('"defined"')
  })

  test.each([
    ['in the list', 'bento()'],
    ['in nested arrays', '[[bento()], []]'],
    ['behind promises', 'Promise.resolve([Promise.resolve(bento())])'],
    ['in a preset', 'preset()'],
    ['under a condition', 'false, null, process.env.PATH && bento()'],
  ])('uses the plugin that the config has: %s', async (_how, plugin) => {
    const config = `import { bento } from 'vite-plugin-bento'
const preset = () => [{ name: 'other' }, bento({ name: 'of-the-config' })].map(plugin => plugin)
let count = 0
export default {
  plugins: [${plugin}, { name: 'count', configResolved({ plugins }) {
    count = plugins.filter(({ name }) => name === 'vite-plugin-bento').length
    if (count !== 1) throw new Error('the plugin is there ' + count + ' times')
  } }],
}
`
    const store = scratchHome()
    const project = viteProject(vite, { 'vite.config.js': config })
    const report = await build({ root: project.root, store, ...quiet })
    expect(tagsOf(await new BentoStore(store).list())).toEqual([report.tag])
    expect(report.name).toBe(plugin === 'preset()' ? 'of-the-config' : 'test-project')
  })

  test('makes the same bento as vite build in that folder', async () => {
    const project = viteProject(vite, { 'vite.config.js': CONFIG, 'bentofile.yaml': 'name: same\n', ...CLIENT })
    const store = scratchHome()
    const bin = project.path('node_modules/vite/bin/vite.js')
    const env = { PATH: process.env.PATH, HOME: store, BENTOML_HOME: store, NODE_ENV: process.env.NODE_ENV }
    expect(spawnSync(process.execPath, [bin, 'build'], { cwd: project.root, env }).status).toBe(0)
    const [{ tag } = {}] = await new BentoStore(store).list()
    expect(await build({ root: project.root, store, ...quiet })).toMatchObject({ tag: String(tag), published: false })
    goTo(project.root)
    expect(await build({ store, ...quiet })).toMatchObject({ tag: String(tag), published: false })
  })

  test.each([
    ['vite.config.mjs', CONFIG],
    ['vite.config.ts', `${CONFIG}const typed: number = 1\nvoid typed\n`],
    [
      'vite.config.cjs',
      `const bento = require('vite-plugin-bento')
module.exports = { plugins: [bento({ labels: { team: 'config', stage: 'config' } })] }
`,
    ],
    [
      'vite.config.js',
      `import { defineConfig } from 'vite'
import { bento } from 'vite-plugin-bento'
export default defineConfig(async ({ command, mode }) => ({
  plugins: [bento({ labels: { team: 'config', stage: command + ' ' + mode } })],
}))
`,
    ],
  ])('reads %s: %#', async (name, config) => {
    const store = scratchHome()
    const project = viteProject(vite, { [name]: config })
    const { tag } = await build({ root: project.root, store, mode: 'staging', ...quiet })
    const stage = config.includes('mode') ? 'build staging' : 'config'
    expect(await labelsOf(store, tag)).toEqual({ team: 'config', stage })
  })

  test('reads a config in a CommonJS project', async () => {
    const config = `import bento from 'vite-plugin-bento'\nexport default { plugins: [bento()] }\n`
    const project = viteProject(vite, { 'vite.config.ts': config }, { manifest: { type: 'commonjs' } })
    expect((await build({ root: project.root, store: scratchHome(), ...quiet })).published).toBe(true)
  })

  test('works in a path with spaces, from any folder', async () => {
    const parent = join(scratchFolder(), 'with some spaces')
    mkdirSync(parent)
    const project = viteProject(vite, { 'vite.config.js': CONFIG, 'bentofile.yaml': 'name: spaced\n' }, { parent })
    const store = scratchHome()
    const { tag } = await build({ root: project.root, store, ...quiet })
    goTo('/')
    expect((await build({ root: project.root, store, ...quiet })).tag).toBe(tag)
    goTo(parent)
    expect((await build({ root: project.root.slice(parent.length + 1), store, ...quiet })).tag).toBe(tag)
  })

  test('a root of the config begins in the build context', async () => {
    const config = CONFIG.replace('{ plugins', `{ root: 'app', plugins`)
    const files = { 'vite.config.js': config, 'app/src/service.js': 'export default { fetch() {} }' }
    const project = viteProject(vite, { ...files, 'app/bentofile.yaml': 'name: below\n' })
    const report = await build({ root: project.root, store: scratchHome(), ...quiet })
    expect(report.name).toBe('below')
    expect(readdirSync(project.path('app/dist'))).toEqual(['server'])
  })

  test("packages the user's own build for ssr", async () => {
    const config = CONFIG.replace('{ plugins', `{ build: { ssr: 'src/service.js' }, plugins`)
    const project = viteProject(vite, { 'vite.config.js': config })
    expect((await build({ root: project.root, store: scratchHome(), ...quiet })).mode).toBe('handler')
  })

  test('its options win over the config, that over the bentofile, that over package.json', async () => {
    const store = scratchHome()
    const bentofile = 'name: from-bentofile\nlabels: { stage: bentofile, from: bentofile }\n'
    const manifest = { bento: { name: 'from-package', labels: { from: 'package', low: 'package' } } }
    const project = viteProject(vite, { 'vite.config.js': CONFIG, 'bentofile.yaml': bentofile }, { manifest })
    const sources: OptionSource[][] = []
    const options = { labels: { stage: 'build' }, version: 'v1', explain: (all: OptionSource[]) => sources.push(all) }
    const { tag } = await build({ root: project.root, store, ...options, ...quiet })
    expect(tag).toBe('from-bentofile:v1')
    const labels = { team: 'config', stage: 'build', from: 'bentofile', low: 'package' }
    expect(await labelsOf(store, tag)).toEqual(labels)
    expect(sources).toHaveLength(1)
    expect(sources[0]?.map(({ option, from }) => `${option} ${from}`)).toEqual([
      'name bentofile.yaml',
      'version build()',
      'labels.from bentofile.yaml',
      'labels.low package.json',
      'labels.stage build()',
      'labels.team bento() in the config',
      'store build()',
    ])
  })

  test('builds of one process do not see each other', async () => {
    const project = (name: string) => viteProject(vite, { 'vite.config.js': CONFIG }, { manifest: { name } })
    const store = scratchHome()
    const [one, two] = await Promise.all([
      build({ root: project('one').root, store, labels: { stage: 'first' }, ...quiet }),
      build({ root: project('two').root, store, version: 'v2', ...quiet }),
    ])
    expect([one.name, two.tag]).toEqual(['one', 'two:v2'])
    expect(await labelsOf(store, one.tag)).toEqual({ team: 'config', stage: 'first' })
    expect(await labelsOf(store, two.tag)).toEqual({ team: 'config', stage: 'config' })
    const third = await build({ root: project('one').root, store, ...quiet })
    expect(await labelsOf(store, third.tag)).toEqual({ team: 'config', stage: 'config' })
  })

  test('buildBentofile reads the bentofile it is given, and that alone', async () => {
    const store = scratchHome()
    const project = viteProject(vite, {
      'bentofile.yaml': 'name: default\nlabels: { stage: default }\n',
      'deploy/bentofile.yaml': 'name: deployed\nservice: src/service.js\n',
    })
    goTo(project.root)
    const { tag } = await buildBentofile('deploy/bentofile.yaml', { store, labels: { a: 'b' }, ...quiet })
    expect(tag).toMatch(/^deployed:/)
    expect(await labelsOf(store, tag)).toEqual({ a: 'b' })
    expect((await buildBentofile(undefined, { store, ...quiet })).name).toBe('default')
    expect((await build({ store, bentofile: false, ...quiet })).name).toBe('test-project')
  })
})
