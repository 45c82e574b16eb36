import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeImage } from '../../src/bento/base-image.js'
import { dockerValue } from '../../src/bento/docker-value.js'
import { dockerfileText, entrypointText, type ImagePlan } from '../../src/bento/dockerfile.js'
import { checkEnvs } from '../../src/bento/envs.js'

const PLAN: ImagePlan = {
  baseImage: 'node:24-bookworm-slim',
  envs: [],
  installInputs: [],
  allowedScripts: [],
  needsPackages: true,
  needsModels: true,
}

describe('Dockerfile', () => {
  it('begins with the syntax line', () => {
    expect(dockerfileText(PLAN).split('\n').slice(0, 3)).toEqual([
      '# syntax=docker/dockerfile:1',
      'FROM node:24-bookworm-slim',
      '',
    ])
  })

  it('brings packages, models and code in that order, and ends as another user than root', () => {
    const text = dockerfileText(PLAN)
    const places = ['src/package.json', 'npm ci', 'COPY models/', 'COPY src/ ./src/', 'USER bentoml', 'ENTRYPOINT']
    const found = places.map(place => text.indexOf(place))
    expect(found).not.toContain(-1)
    expect(found).toEqual(found.toSorted((a, b) => a - b))
  })

  it('leaves out what the bento has not', () => {
    const text = dockerfileText({ ...PLAN, needsPackages: false, needsModels: false })
    expect(text).not.toMatch(/npm|models\//)
  })

  it('runs install scripts only where they are allowed', () => {
    expect(dockerfileText(PLAN)).toContain('\nRUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund\n')
    const text = dockerfileText({ ...PLAN, allowedScripts: ['node_modules/onnxruntime-node'] })
    expect(text).toContain(
      "--ignore-scripts --no-audit --no-fund && for place in './node_modules/onnxruntime-node'; do ",
    )
  })

  it('puts each env where its stage says', () => {
    const text = dockerfileText({
      ...PLAN,
      envs: [
        { name: 'A', value: 'always', stage: 'all' },
        { name: 'B', value: 'build', stage: 'build' },
        { name: 'R', value: 'secret', stage: 'runtime' },
      ],
    })
    expect(text).toContain('\nENV A="always"\n')
    expect(text).toContain('\nARG B="build"\n')
    expect(text).not.toContain('secret')
  })

  it('copies local packages before npm ci, whatever their names', () => {
    const text = dockerfileText({
      ...PLAN,
      installInputs: [
        { path: 'packages/my util', folder: true },
        { path: '.npmrc', folder: false },
      ],
    })
    expect(text).toContain('COPY ["src/packages/my util/","./packages/my util/"]\n')
    expect(text).toContain('COPY ["src/.npmrc","./.npmrc"]\n')
    expect(text.indexOf('my util')).toBeLessThan(text.indexOf('npm ci'))
  })
})

describe('a value in a Dockerfile', () => {
  it('comes out of a shell-like reader as it went in', () => {
    // Docker's ENV takes the quoting of a POSIX shell for \\ " and $; the backtick is plain there.
    fc.assert(
      fc.property(fc.stringMatching(/^[ -_a-~äß漢]*$/), value => {
        expect(execFileSync('sh', ['-c', `printf %s ${dockerValue(value, 'x')}`], { encoding: 'utf8' })).toBe(value)
      }),
      { numRuns: 50 },
    )
  })

  it.each(['a\nRUN evil', 'a\rb', 'a\0b', '\x1b[31m', 'a\u2028b', 'a\u0085b', '\x7f'])('refuses %j', value => {
    expect(() => dockerValue(value, 'envs.X')).toThrow(/envs\.X holds the character U\+[0-9A-F]{4}/)
  })

  it('of an env is checked with its name, all problems at once', () => {
    const envs = [
      { name: 'OK', value: '', stage: 'all' as const },
      { name: 'OK', value: 'again', stage: 'all' as const },
      { name: '1X', value: '', stage: 'all' as const },
      { name: 'Y', value: 'a\nb', stage: 'runtime' as const },
    ]
    expect(() => checkEnvs(envs)).toThrow(
      /OK is given twice; "1X" is no name of a variable; Y holds the character U\+000A/,
    )
    expect(() => checkEnvs(envs.slice(0, 1))).not.toThrow()
  })
})

describe('base image', () => {
  it.each([
    ['^20.19.0 || >=22.12.0', '24'],
    ['>=18', '24'],
    ['^22.3.0', '22'],
    ['20.x', '20'],
    ['22.11.0', '22.11.0'],
    ['>=25', '26'],
    ['*', '24'],
  ])('%s is run on Node %s', (range, version) => {
    expect(nodeImage(range)).toBe(`node:${version}-bookworm-slim`)
  })
})

describe('entrypoint', () => {
  let bento: string
  beforeAll(() => {
    bento = realpathSync(mkdtempSync(join(tmpdir(), 'entrypoint-')))
    mkdirSync(join(bento, 'src'))
    writeFileSync(join(bento, 'src/server.js'), 'console.log(process.env.HOST, ...process.argv.slice(2))')
    writeFileSync(join(bento, 'entrypoint.sh'), entrypointText())
    chmodSync(join(bento, 'entrypoint.sh'), 0o755)
  })
  afterAll(() => rmSync(bento, { recursive: true, force: true }))

  const { HOST: _h, BENTOML_HOST: _b, ...bare } = process.env
  const start = (args: string[], env: NodeJS.ProcessEnv = {}) =>
    spawnSync(join(bento, 'entrypoint.sh'), args, { env: { ...bare, BENTO_PATH: bento, ...env }, encoding: 'utf8' })
      .stdout

  it.each([
    [[], '0.0.0.0\n'],
    [['--port', '80'], '0.0.0.0 --port 80\n'],
    [['serve'], '0.0.0.0\n'],
    [['serve', '--quick'], '0.0.0.0 --quick\n'],
    [['bentoml', 'serve', '.'], '0.0.0.0\n'],
    [['echo', 'a  b'], 'a  b\n'],
  ])('%j', (args, printed) => expect(start(args)).toBe(printed))

  it('keeps a host that is given', () => {
    expect(start([], { HOST: '127.0.0.1' })).toBe('127.0.0.1\n')
    expect(start([], { BENTOML_HOST: '::1' })).toBe('undefined\n')
  })
})
