import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { baseImage } from '../../src/bento/base-image.js'
import { parseTemplate } from '../../src/bento/docker-template.js'
import { dockerValue } from '../../src/bento/docker-value.js'
import { dockerfileText, type ImagePlan } from '../../src/bento/dockerfile.js'
import { entrypointText } from '../../src/bento/entrypoint.js'
import { checkEnvs } from '../../src/bento/envs.js'
import { healthCommand } from '../../src/bento/health-check.js'
import { DEFAULT_IMAGE } from '../../src/bento/image-options.js'
import type { BentoEnv, ImageOptions } from '../../src/bento/types.js'
import { instructions, instructionWords } from '../support/dockerfile.js'

const PLAN: ImagePlan = {
  baseImage: 'node:24-bookworm-slim',
  image: DEFAULT_IMAGE,
  template: undefined,
  mode: 'handler',
  envs: [],
  installInputs: [],
  allowedScripts: [],
  hasPatches: false,
  needsPackages: true,
  needsModels: true,
}
const ENVS: BentoEnv[] = [
  { name: 'A', value: 'always', stage: 'all' },
  { name: 'B', value: 'build', stage: 'build' },
  { name: 'R', value: "run's", stage: 'runtime' },
  { name: 'WANTED', value: '', stage: 'all' },
]

const withImage = (image: Partial<ImageOptions>) => dockerfileText({ ...PLAN, image: { ...DEFAULT_IMAGE, ...image } })

describe('Dockerfile', () => {
  it('begins with the base image, as root', () => {
    expect(instructions(dockerfileText(PLAN)).slice(0, 2)).toEqual([
      { word: 'FROM', rest: 'node:24-bookworm-slim' },
      { word: 'USER', rest: 'root' },
    ])
  })

  it('brings packages, models and code in that order, and ends as another user than root', () => {
    const text = dockerfileText(PLAN)
    const places = ['src/package.json', 'npm ci', 'COPY models/', 'COPY src/ ./src/', 'USER 1034:1034', 'ENTRYPOINT']
    const found = places.map(place => text.indexOf(place))
    expect(found).not.toContain(-1)
    expect(found).toEqual(found.toSorted((a, b) => a - b))
  })

  it('patches packages after their install and before their scripts', () => {
    const places = ['node_modules/esbuild']
    const text = dockerfileText({
      ...PLAN,
      hasPatches: true,
      allowedScripts: places,
      installInputs: [{ path: 'bento-patches', folder: true }],
    })
    expect(text).toContain('COPY ["src/bento-patches/","./bento-patches/"]')
    expect(text).toMatch(/npm ci [^\n]*--ignore-scripts[^\n]* && node \.\/bento-patches\/apply\.js && for place in/)
    expect(dockerfileText(PLAN)).not.toContain('bento-patches')
  })

  it('leaves out what the bento has not', () => {
    const text = dockerfileText({ ...PLAN, needsPackages: false, needsModels: false })
    expect(text).not.toMatch(/npm|models\//)
  })

  it('runs install scripts only where they are allowed', () => {
    expect(dockerfileText(PLAN)).toContain(' npm ci --omit=dev --ignore-scripts --no-audit --no-fund\n')
    const text = dockerfileText({ ...PLAN, allowedScripts: ['node_modules/onnxruntime-node'] })
    expect(text).toContain(
      "--ignore-scripts --no-audit --no-fund && for place in './node_modules/onnxruntime-node'; do ",
    )
  })

  it('puts each env where its stage says, and none that has no value', () => {
    const found = instructions(dockerfileText({ ...PLAN, envs: ENVS }))
    const at = (text: string) => found.findIndex(({ word, rest }) => `${word} ${rest}` === text)
    const install = found.findIndex(({ rest }) => rest.includes('npm ci'))
    expect(at('ENV A="always"')).toBeGreaterThan(0)
    expect(at('ENV A="always"')).toBeLessThan(install)
    expect(at('ARG B="build"')).toBeGreaterThan(0)
    expect(at('ARG B="build"')).toBeLessThan(install)
    expect(at(`ENV R="run's"`)).toBeGreaterThan(install)
    expect(found.filter(({ rest }) => rest.includes('WANTED'))).toEqual([])
    expect(found[install]?.rest).toContain('--mount=type=secret,id=B')
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

  it('runs system packages, setup script, commands, npm and later commands in that order', () => {
    const text = withImage({
      systemPackages: ['ffmpeg', 'curl=7.88.1-10+deb12u1'],
      setupScript: 'docker/setup.sh',
      commands: ['echo first', 'echo second'],
      postCommands: ['--network=none echo last'],
    })
    const runs = instructions(text).filter(({ word }) => word === 'RUN')
    expect(runs.map(({ rest }) => rest.replaceAll(/\s+/g, ' ')).slice(1)).toEqual([
      'apt-get update && apt-get install -y --no-install-recommends ffmpeg curl=7.88.1-10+deb12u1 && rm -rf /var/lib/apt/lists/*',
      'chmod +x ./env/docker/setup_script && ./env/docker/setup_script',
      'echo first',
      'echo second',
      '--mount=type=cache,target=/root/.npm --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci --omit=dev --ignore-scripts --no-audit --no-fund',
      '--network=none echo last',
    ])
  })

  it.each([
    [{ distro: 'alpine' as const }, 'apk add --no-cache ffmpeg'],
    [{ base: 'registry.example/node' }, 'if command -v apk >/dev/null; then apk add --no-cache ffmpeg; else apt-get'],
  ])('installs system packages by what the image has: %j', (image, command) => {
    expect(withImage({ ...image, systemPackages: ['ffmpeg'] })).toContain(`RUN ${command}`)
  })

  it('lets a template replace blocks, extend them and add to them', () => {
    const template = new Map([
      ['base', 'FROM registry.example/node:24\nUSER 0'],
      ['before-packages', 'RUN echo before'],
      ['code', 'RUN echo ahead\n# bento:default\nRUN echo behind'],
    ] as const)
    const text = dockerfileText({ ...PLAN, template })
    const words = instructions(text).map(({ word, rest }) => `${word} ${rest}`)
    expect(words.slice(0, 3)).toEqual(['FROM registry.example/node:24', 'USER 0', 'RUN echo before'])
    const from = words.indexOf('RUN echo ahead')
    expect(words.slice(from, from + 5)).toEqual([
      'RUN echo ahead',
      'COPY bento.yaml ./',
      'COPY env/docker/ ./env/docker/',
      'COPY src/ ./src/',
      'RUN echo behind',
    ])
    expect(instructionWords(text).at(-1)).toBe('ENTRYPOINT')
  })

  it('marks its blocks, so that it is a template itself', () => {
    const text = dockerfileText({ ...PLAN, image: { ...DEFAULT_IMAGE, postCommands: ['echo'] } })
    expect(dockerfileText({ ...PLAN, template: parseTemplate(text, 'Dockerfile') })).toBe(text)
  })
})

describe('template', () => {
  it('is told all that is wrong with it at once', () => {
    const text = [
      '# escape=`',
      'RUN early',
      '# bento:block setpu',
      '# bento:block code',
      'RUN a \x1b[31m',
      '# bento:block code',
      '# bento:block end',
      'RUN b \\',
      '',
    ].join('\r\n')
    expect(() => parseTemplate(text, 'docker/Dockerfile.tmpl')).toThrow(
      'The template docker/Dockerfile.tmpl is wrong: line 1 sets another escape character, which our own blocks do not use; ' +
        'line 2 stands before the first "# bento:block <name>"; line 3 begins the block "setpu": did you mean setup?; ' +
        'line 5 holds a control character; line 6 begins the block code a second time; the block end ends in a backslash.',
    )
    expect(() => parseTemplate('# nothing\n', 't')).toThrow('it has no "# bento:block <name>"')
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
    ['^20.19.0 || >=22.12.0', '26'],
    ['>=18', '26'],
    ['^22.3.0', '22'],
    ['20.x', '20'],
    ['22.11.0', '22.11.0'],
    ['>=25', '26'],
    ['*', '26'],
    ['no range', '26'],
  ])('%s is run on Node %s', (range, version) => {
    expect(baseImage(DEFAULT_IMAGE, range)).toBe(`node:${version}-bookworm-slim`)
  })

  it.each([
    [{ distro: 'alpine' as const }, 'node:26-alpine'],
    [{ node: '22.12' }, 'node:22.12-bookworm-slim'],
    [{ base: 'registry.example/base/node:24', node: '22' }, 'registry.example/base/node:24'],
  ])('is what the options say: %j', (image, expected) => {
    expect(baseImage({ ...DEFAULT_IMAGE, ...image }, '*')).toBe(expected)
  })
})

describe('health check', () => {
  async function check(mode: 'handler' | 'program', env: Record<string, string>): Promise<number> {
    const [, ...args] = healthCommand(mode)
    const [code] = await once(spawn(process.execPath, args, { env }), 'exit')
    return code
  }

  it('asks /livez of a server of ours, and a program of the user only for a connection', async () => {
    let status = 200
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/livez' ? status : 404
      response.end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const port = String((server.address() as AddressInfo).port)
    expect(await check('handler', { PORT: port, HOST: '0.0.0.0' })).toBe(0)
    expect(await check('handler', { BENTOML_PORT: port, BENTOML_HOST: '127.0.0.1' })).toBe(0)
    status = 503
    expect(await check('handler', { PORT: port })).toBe(1)
    expect(await check('program', { PORT: port })).toBe(0)
    server.close()
    await once(server, 'close')
    expect(await check('handler', { PORT: port })).toBe(1)
    expect(await check('program', { PORT: port })).toBe(1)
  })
})

const SERVER = `console.log(process.env.HOST, ...process.argv.slice(2))
if (process.argv.includes('--show')) console.log(process.env.R, process.cwd())`

describe('entrypoint', () => {
  let bento: string
  beforeAll(() => {
    bento = realpathSync(mkdtempSync(join(tmpdir(), 'entrypoint-')))
    mkdirSync(join(bento, 'src'))
    writeFileSync(join(bento, 'src/server.js'), SERVER)
    writeFileSync(join(bento, 'entrypoint.sh'), entrypointText(ENVS))
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

  it('runs the service in src/, with the variables of stage runtime that are not given', () => {
    expect(start(['--show'])).toBe(`0.0.0.0 --show\nrun's ${join(bento, 'src')}\n`)
    expect(start(['--show'], { R: '' })).toBe(`0.0.0.0 --show\n ${join(bento, 'src')}\n`)
  })
})
