import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Bento, BentoStore } from '../../src/store/index.js'
import { repository, type ServedBento, serve } from '../support/served.js'

/** Flowers, and what Python predicted for each. */
const recorded = JSON.parse(readFileSync(join(repository, 'fixtures/bentoml/iris.json'), 'utf8')) as {
  input: number[][]
  label: number[]
  name: string[]
  probabilities: number[][]
}

/** Float32 arithmetic differs a little between processors. */
const DIGITS = 4

/** A copy of an example with what it needs at run time; its tools are this repository's own. */
function installed(example: string, scratch: string): string {
  const folder = join(scratch, 'examples', example)
  // What `file:../..` of the example leads to.
  cpSync(join(repository, 'package.json'), join(scratch, 'package.json'))
  cpSync(join(repository, 'examples', example), folder, {
    recursive: true,
    filter: path => basename(path) !== 'node_modules' && basename(path) !== 'dist',
  })
  run(folder, 'npm', ['ci', '--ignore-scripts', '--omit=dev', '--prefer-offline', '--no-audit', '--no-fund'])
  for (const [tool, target] of [
    ['vite', join(repository, 'node_modules/vite')],
    ['vite-plugin-bento', repository],
  ] as const) {
    symlinkSync(target, join(folder, 'node_modules', tool), 'junction')
  }
  return folder
}

function run(cwd: string, file: string, args: string[], env: Record<string, string> = {}): void {
  const shell = file === 'npm' && process.platform === 'win32'
  const { status, stdout, stderr } = spawnSync(file, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    shell,
  })
  if (status !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
}

describe.each([
  ['fastify', 'iris_fastify'],
  ['node-http', 'iris_node'],
])('examples/%s', (example, name) => {
  let scratch: string
  let bento: Bento
  let served: ServedBento

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), `bento example ${example}-`))
    const home = join(scratch, 'home')
    cpSync(join(repository, 'fixtures/home'), home, { recursive: true })
    const folder = installed(example, scratch)
    run(folder, process.execPath, [join(folder, 'node_modules/vite/bin/vite.js'), 'build'], { BENTOML_HOME: home })
    bento = await new BentoStore(home).latest(name)
    served = await serve(name, { home, probe: '/readyz' })
  })
  afterAll(async () => {
    await served?.stop()
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 })
  })

  const classify = (body: string) =>
    fetch(`${served.url}/classify`, { method: 'POST', body, headers: { 'content-type': 'application/json' } })

  it('predicts what Python recorded', async () => {
    for (const [index, features] of recorded.input.entries()) {
      const { label, name, probabilities, model } = (await (await classify(JSON.stringify(features))).json()) as {
        label: number
        name: string
        probabilities: number[]
        model: string
      }
      expect([label, name, model]).toEqual([recorded.label[index], recorded.name[index], 'iris_clf:v2'])
      const expected = recorded.probabilities[index]?.map(probability => expect.closeTo(probability, DIGITS))
      expect(probabilities).toEqual(expected)
    }
  })

  it('refuses what is no flower', async () => {
    for (const body of ['[1, 2, 3]', '{"a": 1}', 'no JSON']) expect((await classify(body)).status).toBe(400)
  })

  it('describes itself in the bento', () => {
    const { routes } = JSON.parse(readFileSync(join(bento.path, 'apis/schema.json'), 'utf8'))
    expect(routes).toMatchObject([{ name: 'classify', route: '/classify', input: { type: 'array', root_input: true } }])
    expect(readFileSync(join(bento.path, 'apis/openapi.yaml'), 'utf8')).not.toContain('localhost')
  })

  it('stops when it is told to', async () => {
    expect(await served.stop()).toBe(0)
  })
})

describe('examples/monorepo', () => {
  let scratch: string
  let bento: Bento
  let served: ServedBento

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'bento example monorepo-'))
    const home = join(scratch, 'home')
    const folder = installed('monorepo', scratch)
    const member = join(folder, 'packages/suggest')
    run(member, process.execPath, [join(folder, 'node_modules/vite/bin/vite.js'), 'build'], { BENTOML_HOME: home })
    bento = await new BentoStore(home).latest('suggest')
    served = await serve('suggest', { home, probe: '/readyz' })
  })
  afterAll(async () => {
    await served?.stop()
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 })
  })

  it('suggests words', async () => {
    expect(await served.get('/suggest/bentoo')).toEqual({ suggestions: [{ word: 'bento', distance: 1 }] })
  })

  it('bundles the package of TypeScript sources, and locks what it depends on', () => {
    const { dependencies } = JSON.parse(readFileSync(join(bento.path, 'src/package.json'), 'utf8'))
    expect(Object.keys(dependencies)).toEqual(['fastest-levenshtein', 'hono'])
    expect(readFileSync(join(bento.path, 'src/service.js'), 'utf8')).toContain('suggestion.distance <= 2')
  })
})
