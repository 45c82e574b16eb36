import { spawnSync } from 'node:child_process'
import { chmodSync, closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { BIN, bento } from '../support/cli.js'
import { bentomlFixture, fixtureHome, scratchFolder, scratchHome } from '../support/home.js'
import { expectUsage } from '../support/usage.js'

describe('a wrong command line', () => {
  it.each<[string, RegExp, RegExp]>([
    ['lsit', /Unknown command 'lsit'/, /^Did you mean list\? See bento --help\.$/],
    ['model list', /Unknown command 'model'/, /Did you mean models\?/],
    ['models crate x y', /Unknown command 'crate'/, /Did you mean create\? See bento models --help\.$/],
    ['list --ouput json', /Unknown option '--ouput'/, /Did you mean --output\? See bento list --help\.$/],
    ['models list -x', /Unknown option '-x'/, /See bento models list --help\.$/],
    ['list -o xml', /'xml' is invalid.*json, yaml, table/, /See bento list --help\.$/],
    ['get a -o table', /'table' is invalid.*json, yaml, path/, /bento get --help/],
    ['models create m p -o yaml', /'yaml' is invalid/, /bento models create --help/],
    ['list a b', /Too many arguments/, /bento list --help/],
    ['list -o', /Option .* argument missing/, /bento list --help/],
    ['list --label stage', /--label "stage" is not of the form key=value/, /--label stage=production/],
    ['list --label a=1 --label a=2', /"a" two values/, /once/],
    ['models create m', /Missing required argument 'paths'/, /bento models create --help/],
    ['models create m p --metadata x', /--metadata "x"/, /key=value|stage=/],
    ['get', /Missing required argument 'tag'/, /bento get --help/],
    ['delete', /Missing required argument 'targets'/, /bento delete --help/],
    ['serve -p http', /"http" is not a port/, /0 to 65535/],
    ['serve -p 70000', /"70000" is not a port/, /0 to 65535/],
    ['serve a b', /takes one bento, not 2/, /after --/],
  ])('%s', async (line, reason, hint) => {
    expectUsage(await bento(line.split(' '), { home: scratchHome() }), reason, hint)
  })

  it.each([[[]], [['models']]])('bento %j alone shows the help', async words => {
    const { stdout, stderr, code } = await bento(words, { home: scratchHome() })
    expect(stderr).toContain(`Usage: ${['bento', ...words].join(' ')} [options] [command]`)
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 })
  })
})

describe('an error', () => {
  it.each<[string, (home: string) => string[], string, RegExp]>([
    ['a bad tag', () => ['get', 'a:b:c'], 'TAG_INVALID', /"a:b:c"/],
    ['an unknown bento', () => ['get', 'nope'], 'TAG_NOT_FOUND', /bentos holds no bento nope/],
    ['a name mistyped', () => ['models', 'get', 'iris_cfl'], 'TAG_NOT_FOUND', /Did you mean iris_clf\?/],
    ['a version mistyped', () => ['models', 'get', 'digits:v2'], 'TAG_NOT_FOUND', /Did you mean digits:v1\?/],
    ['an unknown name to list', () => ['models', 'list', 'nope'], 'TAG_NOT_FOUND', /holds no model nope/],
    [
      'an ambiguous prefix',
      () => ['models', 'get', 'iris_clf:v'],
      'TAG_AMBIGUOUS',
      /iris_clf:v3, iris_clf:v2, iris_clf:v1/,
    ],
    ['a Python bento to serve', () => ['serve', 'greeter'], 'SERVE_FAILED', /no Node bento/],
    ['a folder that does not exist', () => ['serve', './nowhere'], 'SERVE_FAILED', /nowhere does not exist/],
    ['a file instead of a bento', home => ['serve', `${home}/models/iris_clf/latest`], 'SERVE_FAILED', /is no folder/],
    ['a folder that is no bento', home => ['serve', home], 'SERVE_FAILED', /holds no bento\.yaml/],
    ['an unknown bento to serve', () => ['serve', 'nope'], 'TAG_NOT_FOUND', /holds no bento nope/],
  ])('of %s is a line with its code, then the mend; exit 1', async (_, args, errorCode, message) => {
    const home = fixtureHome()
    const { stdout, stderr, code } = await bento(args(home), { home })
    expect(stderr.startsWith(`error [${errorCode}]: `)).toBe(true)
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2)
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 })
  })

  it.each(['--debug', '--verbose'])('shows where it comes from with %s only', async flag => {
    const home = scratchHome()
    expect((await bento(['get', 'nope'], { home })).stderr).not.toContain('    at ')
    expect((await bento(['get', 'nope', flag], { home })).stderr).toMatch(/^error \[TAG_NOT_FOUND\](?:.*\n)+ {4}at /)
    expect((await bento([flag, 'get', 'nope'], { home })).stderr).toMatch(/\n {4}at /)
  })

  it.each([
    ['list'],
    ['get', 'a'],
    ['delete', 'a', '-y'],
    ['models', 'list'],
    ['models', 'create', 'm', bentomlFixture('iris.json')],
    ['serve', 'a'],
  ])('says that the home is a file: %j', async (...args) => {
    const home = join(scratchFolder(), 'home')
    writeFileSync(home, '')
    const { stderr, code } = await bento(args, { home })
    expect(stderr).toMatch(/^error \[HOME_INVALID\]: /)
    expect(code).toBe(1)
  })

  it.skipIf(process.platform === 'win32')('says that the home is read-only, and reading works', async () => {
    const home = fixtureHome()
    const user = asOtherUser(home)
    const create = await bento(['models', 'create', 'm', bentomlFixture('iris.json')], { home, ...user })
    expect(create.stderr).toMatch(/^error \[STORE_READ_ONLY\]: /)
    expect(create.code).toBe(1)
    const remove = await bento(['delete', 'greeter:b1', '-y'], { home, ...user })
    expect(remove.stderr).toMatch(/^error \[STORE_READ_ONLY\]: /)
    expect((await bento(['get', 'greeter:b1', '-o', 'path'], { home, ...user })).code).toBe(0)
    expect((await bento(['list'], { home, ...user })).stderr).toBe('')
  })

  it.skipIf(process.platform !== 'linux')('says that the output cannot be written', () => {
    const full = openSync('/dev/full', 'w')
    const env = { ...process.env, BENTOML_HOME: fixtureHome() }
    const { stderr, status } = spawnSync(process.execPath, [BIN, 'list'], { env, stdio: ['ignore', full, 'pipe'] })
    closeSync(full)
    expect(String(stderr)).toMatch(/^error \[IO_FAILED\]: .*ENOSPC/)
    expect(status).toBe(1)
  })
})

/** Makes a home read-only, for a user whom that binds: root may write anyway. */
function asOtherUser(home: string): { uid?: number } {
  for (const dir of ['.', 'tmp', 'models', 'bentos', 'bentos/greeter']) {
    mkdirSync(join(home, dir), { recursive: true })
    chmodSync(join(home, dir), 0o555)
    // Whoever is not root could not remove it else.
    onTestFinished(() => chmodSync(join(home, dir), 0o755))
  }
  if (process.getuid?.() !== 0) return {}
  // BentoML saves items for their owner alone.
  spawnSync('chmod', ['-R', 'a+rX', join(home, '..')])
  return { uid: 65534 }
}

describe('bento env', () => {
  it('tells versions, home and variables as Markdown', async () => {
    const home = scratchHome()
    const env = { BENTOML_PORT: "it's" }
    const { stdout, stderr, code } = await bento(['env'], { home, env, cwd: join(BIN, '../../..') })
    expect(stdout).toContain(`BENTOML_HOME='${home}'\n`)
    expect(stdout).toContain(`BENTOML_PORT='it'\\''s'\n`)
    expect(stdout).toContain(`- \`node\`: ${process.versions.node}\n`)
    expect(stdout).toMatch(/- `vite-plugin-bento`: \d+\.\d+\.\d+/)
    expect(stdout).toMatch(/- `npm`: \d+\.\d+\.\d+\n- `vite`: 8\.\S+\n- `rollup`: 4\.\S+\n- `rolldown`: 1\.\S+\n/)
    expect(stdout).toContain(`- \`home\`: ${home}\n`)
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  })

  it.skipIf(process.platform === 'win32')('can be read by a shell', async () => {
    const home = scratchHome()
    const { stdout } = await bento(['env', '-o', 'bash'], { home, env: { HOST: "a'b $(id)" }, cwd: scratchFolder() })
    const script = `${stdout}\nprintf '%s|%s|%s' "$HOST" "$architecture" "$home"`
    expect(spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout).toBe(`a'b $(id)|${process.arch}|${home}`)
  })
})
