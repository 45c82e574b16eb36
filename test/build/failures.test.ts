import { describe, expect, test } from 'vitest'
import { type BentoError, type BuildOptions, build, buildBentofile, isBentoError } from '../../src/build/index.js'
import { BentoStore } from '../../src/store/index.js'
import { scratchHome } from '../support/home.js'
import { makeProject } from '../support/project.js'
import { VITES, viteProject } from './vite-project.js'

/** The error of a build that must fail, which publishes nothing. */
async function failureOf(options: BuildOptions): Promise<BentoError> {
  const store = scratchHome()
  const failure: unknown = await build(
    Array.isArray(options) ? options : { store, logLevel: 'silent', ...options },
  ).then(
    ({ tag }) => new Error(`${tag} was built`),
    error => error,
  )
  if (!isBentoError(failure)) throw failure
  expect(await new BentoStore(store).list()).toEqual([])
  return failure
}

const CONFIG = `import { bento } from 'vite-plugin-bento'
export default { plugins: [bento()] }
`

describe.each(VITES)('%s', vite => {
  test.each([
    ['of the config', { 'vite.config.js': CONFIG }],
    ['that was added', {}],
  ])('an error of the plugin %s keeps its code, reason, hint and details', async (_whose, files) => {
    const service = `import model from 'virtual:bento/model/iris_cfl'\nexport default { fetch: () => model }`
    const { root } = viteProject(vite, { ...files, 'src/service.js': service })
    const failure = await failureOf({ root })
    expect(failure).toMatchObject({ code: 'TAG_NOT_FOUND', reason: expect.stringMatching(/^src\/service\.js imports/) })
    expect(failure.cause).toBeInstanceOf(Error)
    const { code, hint, details } = await failureOf({ root, service: 'src/service.tsx' })
    expect([code, details.service]).toEqual(['SERVICE_NOT_FOUND', `${root}/src/service.tsx`])
    expect(hint).toContain('src/service.js')
  })

  test("an error of the bundler is BUILD_FAILED with the bundler's words", async () => {
    const { root } = viteProject(vite, { 'vite.config.js': CONFIG, 'src/service.js': 'export default {{' })
    const { code, reason, cause } = await failureOf({ root })
    expect(code).toBe('BUILD_FAILED')
    expect(reason).toMatch(/service\.js/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with ESC.
    expect(reason).not.toMatch(/\x1b/)
    expect(cause).toBeInstanceOf(Error)
  })

  test('an error of another plugin is BUILD_FAILED', async () => {
    const config = `export default { plugins: [{ name: 'other', closeBundle() { throw new Error('out of cheese') } }] }`
    const { root } = viteProject(vite, { 'vite.config.js': config })
    expect(await failureOf({ root })).toMatchObject({
      code: 'BUILD_FAILED',
      reason: expect.stringContaining('out of cheese'),
    })
  })

  test('a config that throws is BUILD_FAILED, one with a wrong option of ours OPTION_INVALID', async () => {
    const { root } = viteProject(vite, {
      'vite.config.js': `throw new Error('no config today')`,
      'other.config.js': CONFIG.replace('bento()', 'bento({ server: 1 })'),
    })
    const failed = await failureOf({ root })
    expect(failed).toMatchObject({ code: 'BUILD_FAILED', reason: expect.stringContaining('no config today') })
    const wrong = await failureOf({ root, configFile: `${root}/other.config.js` })
    expect(wrong.message).toMatch(/^An option of bento\(\) is wrong: server must be/)
  })

  test('wrong options of build() name it', async () => {
    const { root } = viteProject(vite, { 'vite.config.js': CONFIG })
    const { code, reason } = await failureOf({ root, labels: { a: 1 }, platforms: ['windows'] } as object)
    expect(code).toBe('OPTION_INVALID')
    expect(reason).toMatch(/^Options of build\(\) are wrong: labels\.a must be text, not a number; platforms holds/)
  })

  test('a wrong bentofile is BENTOFILE_INVALID, with all problems', async () => {
    const { root } = viteProject(vite, { 'bentofile.yaml': 'conda: {}\nservice: "service:Iris"\n' })
    const { code, reason, details } = await failureOf({ root })
    expect(code).toBe('BENTOFILE_INVALID')
    expect(reason).toMatch(/bentofile\.yaml is wrong: line 1: conda .*; line 2: service names a class of Python/)
    expect(details.problems).toHaveLength(2)
  })

  test('a build that only watches or writes nothing is told', async () => {
    const { root } = viteProject(vite, {
      'vite.config.js': CONFIG.replace('{ plugins', '{ build: { write: false }, plugins'),
    })
    expect((await failureOf({ root })).message).toMatch(/made no bento\. The config must neither watch/)
  })
})

test('a project without Vite is told how to install it', async () => {
  const { root } = makeProject({ files: { 'src/service.js': 'export default {}' } })
  expect((await failureOf({ root })).message).toBe(
    `Vite is not installed in ${root}. Install it: npm install --save-dev vite`,
  )
  const pnpm = makeProject({ files: { 'pnpm-lock.yaml': '' } })
  pnpm.remove('package-lock.json')
  const { code, hint } = await failureOf({ root: pnpm.root })
  expect([code, hint]).toEqual(['BUNDLER_MISSING', 'Install it: pnpm add --save-dev vite'])
})

test('a Vite that is too old is refused', async () => {
  const { root } = makeProject({
    files: {},
    packages: { vite: { version: '6.4.1', files: { 'index.js': `export const version = '6.4.1'` } } },
  })
  expect((await failureOf({ root })).message).toContain(`Vite 6.4.1 of ${root} is too old`)
})

test('wrong values of its own options are told at once', async () => {
  const options = { root: '/no/such/folder', mode: 1, logLevel: 'loud', explain: true } as object
  expect((await failureOf(options)).reason).toBe(
    'Options of build() are wrong: root /no/such/folder is no folder; mode must be text, not a number; ' +
      'logLevel must be "info" or "warn" or "error" or "silent", not "loud"; explain must be a function.',
  )
  expect((await failureOf([] as object)).reason).toMatch(/^An option of build\(\) is wrong: they must be an object/)
})

test('a bentofile that is named must be there, and be a text', async () => {
  const project = viteProject('vite8', { 'bentofile.bin': '\u0000' })
  const failing = (path: string) =>
    buildBentofile(path, { root: project.root, logLevel: 'silent' }).catch((error: BentoError) => error)
  expect(await failing(project.path('no.yaml'))).toMatchObject({
    code: 'BENTOFILE_INVALID',
    reason: `The bentofile ${project.path('no.yaml')} does not exist.`,
  })
  expect(await failing(project.root)).toMatchObject({ reason: `The bentofile ${project.root} is no file.` })
})
