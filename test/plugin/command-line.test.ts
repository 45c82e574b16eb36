import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { BentoStore, ModelStore } from '../../src/store/index.js'
import { saveModel, scratchHome } from '../support/home.js'
import { BUNDLERS, type Bundler, makeProject, type TestProject } from '../support/project.js'

const repository = fileURLToPath(new URL('../..', import.meta.url))

const COMMANDS: Record<Bundler, string[]> = {
  vite8: ['vite/bin/vite.js', 'build'],
  vite7: ['vite7/bin/vite.js', 'build'],
  rollup: ['rollup/dist/bin/rollup', '-c'],
  rolldown: ['rolldown/bin/cli.mjs', '-c'],
}

const SERVICE = `import model from 'virtual:bento/model/iris_clf'
export default { fetch: () => new Response(model.tag) }
`

/** A project with a config file, as users have: Vite reads it anew for each environment. */
function projectFor(bundler: Bundler, files: Record<string, string> = {}, options = '{}'): TestProject {
  const face = bundler === 'rollup' || bundler === 'rolldown' ? `/${bundler}` : ''
  const rest = face === '' ? '' : `input: 'src/service.js', output: { dir: 'dist' },`
  const config = `import { bento } from 'vite-plugin-bento${face}'\nexport default { ${rest} plugins: [bento(${options})] }\n`
  const name = face === '' ? 'vite.config.js' : `${bundler}.config.js`
  const project = makeProject({
    files: { [name]: config, 'src/service.js': SERVICE, 'node_modules/.keep': '', ...files },
  })
  symlinkSync(repository, project.path('node_modules/vite-plugin-bento'))
  return project
}

function run(bundler: Bundler, project: TestProject, home: string, ...more: string[]) {
  const [script = '', ...args] = COMMANDS[bundler]
  const result = spawnSync(process.execPath, [join(repository, 'node_modules', script), ...args, ...more], {
    cwd: project.root,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: home, BENTOML_HOME: home, NO_COLOR: '1' },
  })
  return { code: result.status, said: `${result.stdout}\n${result.stderr}` }
}

async function homeWithModel(): Promise<string> {
  const home = scratchHome()
  await saveModel(new ModelStore(home), 'iris_clf:v1')
  return home
}

describe.each(BUNDLERS)('%s', bundler => {
  test('publishes, exits with 0 and prints one summary, without a warning', async () => {
    const home = await homeWithModel()
    const { code, said } = run(bundler, projectFor(bundler), home)
    expect(said).not.toMatch(/Unresolved dependencies|\(!\)|warn/i)
    expect(said).toMatch(/bento test-project:\w{16} published in \d+ ms/)
    expect(said.match(/test-project:\w{16}/g)).toHaveLength(1)
    expect(said).toContain('iris_clf:v1')
    expect(code).toBe(0)
  })

  test('fails with exit code 1 and one readable message', async () => {
    const home = await homeWithModel()
    const service = SERVICE.replace('iris_clf', 'iris_cfl')
    const { code, said } = run(bundler, projectFor(bundler, { 'src/service.js': service }), home)
    expect(code).toBe(1)
    expect(said).toContain('[TAG_NOT_FOUND] src/service.js imports virtual:bento/model/iris_cfl')
    expect(said).toContain('iris_clf')
    // No frames of ours, which say nothing to a user.
    expect(said).not.toMatch(/at .*(?:model-requests|find\.js|chunks\/store)/)
    expect(await new BentoStore(home).list()).toEqual([])
  })

  test('fails with exit code 1 for wrong options', async () => {
    const home = await homeWithModel()
    const { code, said } = run(bundler, projectFor(bundler, {}, `{ server: 'http', watch: 1 }`), home)
    expect(code).toBe(1)
    expect(said).toContain(
      '[OPTION_INVALID] Options of bento() are wrong: server must be "auto" or "handler" or "program", not "http"; watch',
    )
    expect(said).not.toMatch(/at .*(?:chunks\/plugin|[rR]esolve-?[oO]ptions)/)
    expect(said).not.toContain('details:')
  })
})

describe.each(['vite8', 'vite7'] as const)('%s', bundler => {
  test('builds client and service from a config file', async () => {
    const home = await homeWithModel()
    const project = projectFor(bundler, {
      'index.html': '<script type="module" src="/src/client.js"></script>',
      'src/client.js': 'console.log("client")',
    })
    const { code, said } = run(bundler, project, home)
    expect(said).toMatch(/published in/)
    expect(code).toBe(0)
    expect(readdirSync(project.path('dist')).sort()).toEqual(['client', 'server'])
  })

  test('--ssr is packaged as it is', async () => {
    const home = await homeWithModel()
    const project = projectFor(bundler, { 'index.html': '<p>hi</p>' })
    const { code, said } = run(bundler, project, home, '--ssr', 'src/service.js')
    expect(said).toMatch(/published in/)
    expect(code).toBe(0)
    expect(existsSync(project.path('dist/service.js'))).toBe(true)
  })

  test('--logLevel silent is silent', async () => {
    const home = await homeWithModel()
    const { code, said } = run(bundler, projectFor(bundler), home, '--logLevel', 'silent')
    expect([code, said.trim()]).toEqual([0, ''])
  })

  test('a missing service fails before the client is built', async () => {
    const project = projectFor(bundler, { 'index.html': '<p>hi</p>' }, `{ service: 'src/servise.js' }`)
    const { code, said } = run(bundler, project, await homeWithModel())
    expect(code).toBe(1)
    expect(said).toContain('src/servise.js does not exist')
    expect(existsSync(project.path('dist'))).toBe(false)
  })
})

test.each(['', '/rollup', '/rolldown'])('require() of vite-plugin-bento%s gives the plugin', face => {
  const script = `const bento = require('vite-plugin-bento${face}')
console.log(typeof bento, typeof bento.default, typeof bento.bento, [bento()].flat()[0].name)`
  const { stdout } = spawnSync(process.execPath, ['--no-warnings', '-e', script], { cwd: repository, encoding: 'utf8' })
  expect(stdout.trim()).toBe('function function function vite-plugin-bento')
})
