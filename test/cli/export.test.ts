import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ARCHIVE_FORMATS } from '../../src/archive/types.js'
import { formatSize } from '../../src/core/text.js'
import { BIN, finished, startBento } from '../support/cli.js'
import { fixtureHome, scratchFolder, scratchHome } from '../support/home.js'
import { bentoSays, hugeModel, noiseModel, treeOf, until } from '../support/moving.js'
import { hasTerminals, onTerminal } from '../support/terminal.js'
import { expectUsage } from '../support/usage.js'

/** Everything below a folder, work in progress included. */
function everythingIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true }).map(String).sort()
}

/** What the bento of the fixture home uses. */
const MODELS = ['digits:v1', 'iris_clf:v2', 'tree:bmrpo4xfh6gdyax4']

const COMMANDS = [
  ['a model', ['models', 'export', 'iris_clf:v2'], 'models/iris_clf/v2', 'iris_clf-v2.bentomodel'],
  ['a bento', ['export', 'greeter:b2'], 'bentos/greeter/b2', 'greeter-b2.bento'],
] as const

describe.each(COMMANDS)('exporting %s', (_, command, item, name) => {
  const [className, tag] = item.startsWith('models') ? ['Model', 'iris_clf:v2'] : ['Bento', 'greeter:b2']
  const own = className === 'Model' ? 'bentomodel' : 'bento'

  it('goes to the current folder, in its own format, and says where and how much', async () => {
    const [home, cwd] = [fixtureHome(), scratchFolder()]
    const { stdout, stderr, code } = await bentoSays([...command], { home, cwd })
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
    expect(everythingIn(cwd)).toEqual([name])
    const size = formatSize(statSync(join(cwd, name)).size)
    const remark = className === 'Bento' ? ', with 3 models' : ''
    expect(stdout).toBe(`${className}(tag="${tag}") exported to ${join(cwd, name)} (${size}${remark}).\n`)
    // xz: so BentoML has it.
    expect(readFileSync(join(cwd, name)).subarray(0, 6).toString('latin1')).toBe('\xfd7zXZ\0')
  })

  it.each(ARCHIVE_FORMATS.filter(format => format === own || !/^bento/.test(format)))(
    'as %s tells of it in JSON, and comes back',
    async format => {
      const [home, cwd] = [fixtureHome(), scratchFolder()]
      const { stdout, stderr } = await bentoSays([...command, '-f', format, '-o', 'json'], { home, cwd })
      expect(stderr).toBe('')
      const made = JSON.parse(stdout)
      const ending = name.replace(/\.\w+$/, `.${format}`)
      expect(made).toMatchObject({ tag, path: join(cwd, ending), format })
      expect(made.models).toEqual(className === 'Bento' ? MODELS : undefined)
      if (format !== 'folder') expect(made.bytes).toBe(statSync(made.path).size)
      const other = scratchHome()
      const back = await bentoSays([...command.map(word => word.replace('export', 'import')).slice(0, -1), made.path], {
        home: other,
      })
      expect(back).toMatchObject({ stderr: '', code: 0 })
      expect(treeOf(join(other, item))).toEqual(treeOf(join(home, item)))
    },
  )

  it('replaces nothing but by force', async () => {
    const [home, cwd] = [fixtureHome(), scratchFolder()]
    writeFileSync(join(cwd, 'out.tar'), 'precious')
    const refused = await bentoSays([...command, 'out.tar'], { home, cwd })
    expect(refused.stderr).toMatch(/^error \[TARGET_EXISTS\]: .*out\.tar.*\n.*--force/)
    expect(refused).toMatchObject({ stdout: '', code: 1 })
    expect(readFileSync(join(cwd, 'out.tar'), 'utf8')).toBe('precious')
    expect((await bentoSays([...command, 'out.tar', '--force'], { home, cwd })).code).toBe(0)
    expect(everythingIn(cwd)).toEqual(['out.tar'])
    expect(execFileSync('tar', ['-tf', join(cwd, 'out.tar')], { encoding: 'utf8' })).toContain(
      className === 'Model' ? 'model.yaml' : 'bento.yaml',
    )
  })

  it('says nothing when it shall be quiet, but gives what was asked for', async () => {
    const [home, cwd] = [fixtureHome(), scratchFolder()]
    expect(await bentoSays([...command, 'a.tar', '-q'], { home, cwd })).toEqual({ stdout: '', stderr: '', code: 0 })
    const { stdout } = await bentoSays([...command, 'b.tar', '-q', '-o', 'path'], { home, cwd })
    expect(stdout).toBe(`${join(cwd, 'b.tar')}\n`)
  })

  it('goes to stdout, with the words on stderr', async () => {
    const home = fixtureHome()
    const run = (...args: string[]) => {
      const env = { ...process.env, BENTOML_HOME: home }
      return spawnSync(process.execPath, [BIN, ...command, '-', ...args], { env })
    }
    const { stdout, stderr, status } = run()
    expect(stdout.subarray(0, 6).toString('latin1')).toBe('\xfd7zXZ\0')
    expect(String(stderr)).toContain(`${className}(tag="${tag}") exported to stdout (${formatSize(stdout.length)}`)
    expect(status).toBe(0)
    const tar = run('-f', 'tar', '-q')
    expect(String(tar.stderr)).toBe('')
    expect(spawnSync('tar', ['-tf', '-'], { input: tar.stdout }).status).toBe(0)
    const cwd = scratchFolder()
    const file = openSync(join(cwd, 'redirected'), 'w')
    const env = { ...process.env, BENTOML_HOME: home }
    spawnSync(process.execPath, [BIN, ...command, '-'], { env, stdio: ['ignore', file, 'ignore'] })
    closeSync(file)
    expect(readFileSync(join(cwd, 'redirected')).equals(stdout)).toBe(true)
  })

  it('goes through a pipe into another store', () => {
    const [home, other] = [fixtureHome(), scratchHome()]
    const [from, to] = [command, command.map(word => word.replace('export', 'import')).slice(0, -1)]
    const node = `'${process.execPath}' '${BIN}'`
    const line = `${node} ${from.join(' ')} - -q | BENTOML_HOME='${other}' ${node} ${to.join(' ')} - -o tag -q`
    const { stdout, stderr, status } = spawnSync('sh', ['-c', line], {
      env: { ...process.env, BENTOML_HOME: home },
      encoding: 'utf8',
    })
    expect({ stdout, stderr, status }).toEqual({ stdout: `${tag}\n`, stderr: '', status: 0 })
    expect(treeOf(join(other, item))).toEqual(treeOf(join(home, item)))
  })
})

describe('a path', () => {
  it.each<[string, string, string]>([
    ['a bare name', 'out', 'out.bentomodel'],
    ['an ending in any case', 'out.TGZ', 'out.TGZ'],
    ['a folder that exists', 'there', 'there/iris_clf-v2.bentomodel'],
    ['a folder that does not', 'new/er/', 'new/er/iris_clf-v2.bentomodel'],
    ['missing parents', 'a/b/c.zip', 'a/b/c.zip'],
    ['nothing', '', 'iris_clf-v2.bentomodel'],
    ['the folder above', './there/..', 'iris_clf-v2.bentomodel'],
    ['a file called -', './-', '-.bentomodel'],
  ])('may be %s', async (_, path, made) => {
    const [home, cwd] = [fixtureHome(), scratchFolder()]
    mkdirSync(join(cwd, 'there'))
    const args = ['models', 'export', 'iris_clf:v2', path, '-o', 'path']
    const { stdout, stderr, code } = await bentoSays(args, { home, cwd })
    expect({ stdout, stderr, code }).toEqual({ stdout: `${join(cwd, made)}\n`, stderr: '', code: 0 })
    expect(statSync(join(cwd, made)).isFile()).toBe(true)
  })
})

describe('a zip with links', () => {
  it('is made, and said to be none that BentoML reads', async () => {
    const [home, cwd] = [scratchHome(), scratchFolder()]
    mkdirSync(join(cwd, 'linked'))
    writeFileSync(join(cwd, 'linked/a.txt'), 'a')
    symlinkSync('a.txt', join(cwd, 'linked/b.txt'))
    await bentoSays(['models', 'create', 'tree', 'linked'], { home, cwd })
    const args = ['models', 'export', 'tree', 'tree.zip']
    const { stdout, stderr, code } = await bentoSays([...args, '-o', 'path'], { home, cwd })
    expect({ stdout, code }).toEqual({ stdout: `${join(cwd, 'tree.zip')}\n`, code: 0 })
    expect(stderr).toContain('This zip holds links. BentoML refuses those since 1.4.40')
    expect(await bentoSays([...args, '--force', '-q'], { home, cwd })).toMatchObject({ stderr: '', code: 0 })
  })
})

describe('exporting a bento', () => {
  it('leaves its models out where that is asked for', async () => {
    const [home, cwd] = [fixtureHome(), scratchFolder()]
    const { stdout } = await bentoSays(['export', 'greeter:b2', 'a.tar', '--no-models'], { home, cwd })
    expect(stdout).toMatch(/^Bento\(tag="greeter:b2"\) exported to .* \(\d+\.\d\d K?i?B, without models\)\.\n$/)
    expect(execFileSync('tar', ['-tf', join(cwd, 'a.tar')], { encoding: 'utf8' })).not.toContain('models/')
    const json = await bentoSays(['export', 'greeter:b2', 'b.tar', '--no-models', '-o', 'json'], { home, cwd })
    expect(JSON.parse(json.stdout).models).toEqual([])
  })

  it('names the models that are gone', async () => {
    const [home, cwd] = [fixtureHome(), scratchFolder()]
    execFileSync('rm', ['-r', join(home, 'models/iris_clf')])
    const { stderr, code } = await bentoSays(['export', 'greeter:b2'], { home, cwd })
    expect(stderr).toMatch(/^error \[TAG_NOT_FOUND\]: .*iris_clf:v2\.\n.*--no-models/)
    expect(code).toBe(1)
    expect(everythingIn(cwd)).toEqual([])
  })
})

describe('--level', () => {
  it('says how hard to compress', async () => {
    const [home, cwd, text] = [scratchHome(), scratchFolder(), scratchFolder()]
    const words = Array.from({ length: 40_000 }, (_, index) => `${index % 7} times ${index * index}`).join('\n')
    writeFileSync(join(text, 'a.txt'), words)
    await bentoSays(['models', 'create', 'm:v1', text], { home })
    const sizes: Record<string, number> = {}
    for (const level of ['fast', 'small', '0', '9']) {
      const args = ['models', 'export', 'm', `${level}.gz`, '--level', level, '-o', 'json']
      sizes[level] = JSON.parse((await bentoSays(args, { home, cwd })).stdout).bytes
    }
    expect(sizes['0']).toBeGreaterThan(words.length)
    expect(sizes.fast).toBeLessThan(words.length / 2)
    expect(sizes.small).toBeLessThan(sizes.fast ?? 0)
    expect(sizes['9']).toBeLessThan(sizes.fast ?? 0)
  })
})

describe('a wrong command line', () => {
  it.each<[string, RegExp, RegExp]>([
    ['models export m --level 12', /"12" is no level/, /fast, small, and whole numbers from 0 to 9/],
    ['models export m -f zipp', /"zipp" is no format/, /Did you mean zip\? The formats are bentomodel, /],
    ['export m -f 7z', /"7z" is no format/, /^The formats are bentomodel, bento, xz, gz, bz2, tar, zip, folder\.$/],
    ['export m -o yaml', /'yaml' is invalid.*text, json, path/, /bento export --help/],
    ['export m - -f folder', /A folder cannot go to stdout/, /another format/],
    ['export m - -o json', /Both the archive and -o json would go to stdout/, /Leave one/],
    ['export m - -o path', /Both the archive and -o path/, /Leave one/],
    ['models export m --no-models', /Unknown option '--no-models'/, /bento models export --help/],
    ['models export m a b', /Too many arguments/, /bento models export --help/],
    ['models export', /Missing required argument 'tag'/, /bento models export --help/],
    ['models exprot m', /Unknown command 'exprot'/, /Did you mean export\?/],
  ])('%s', async (line, reason, hint) => {
    expectUsage(await bentoSays(line.split(' '), { home: scratchHome() }), reason, hint)
  })

  it.each<[string, string[], string, number]>([
    ['an unknown tag', ['models', 'export', 'nope'], 'TAG_NOT_FOUND', 1],
    ['a bad tag', ['export', 'a:b:c'], 'TAG_INVALID', 1],
    ['a URL of another machine', ['models', 'export', 'iris_clf', 's3://bucket/x'], 'OPTION_INVALID', 2],
    ["a bento's format for a model", ['models', 'export', 'iris_clf', '-f', 'bento'], 'OPTION_INVALID', 2],
    ['a path below a file', ['models', 'export', 'iris_clf', 'file/x.tar'], 'TARGET_INVALID', 1],
  ])('says what is wrong with %s, and leaves nothing', async (_, args, errorCode, exit) => {
    const [home, cwd] = [fixtureHome(), scratchFolder()]
    writeFileSync(join(cwd, 'file'), '')
    const { stdout, stderr, code } = await bentoSays(args, { home, cwd })
    expect(stderr.startsWith(`error [${errorCode}]: `), stderr).toBe(true)
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2)
    expect({ stdout, code }).toEqual({ stdout: '', code: exit })
    expect(everythingIn(cwd)).toEqual(['file'])
  })

  it.each(['out\x1b[2J\u202e.tar', '\x9b31m/'])('shows %j so that it cannot steer a terminal', async path => {
    const [home, cwd] = [fixtureHome(), scratchFolder()]
    const unsafe = /[^\P{Cc}\n]|\u202e/u
    const first = await bentoSays(['models', 'export', 'iris_clf', path], { home, cwd })
    expect(first).toMatchObject({ stderr: '', code: 0 })
    expect(first.stdout).not.toMatch(unsafe)
    const second = await bentoSays(['models', 'export', 'iris_clf', path], { home, cwd })
    expect(second.stderr).toMatch(/^error \[TARGET_EXISTS\]/)
    expect(second.stderr).not.toMatch(unsafe)
    const json = await bentoSays(['models', 'export', 'iris_clf', path, '--force', '-o', 'json'], { home, cwd })
    expect(json.stdout).not.toMatch(unsafe)
    expect(JSON.parse(json.stdout).path).toContain(path.replace(/\/$/, ''))
  })
})

describe('a reader that goes away', () => {
  it.each(['bentomodel', 'gz', 'bz2', 'tar', 'zip'])('ends an export as %s without a word', async format => {
    const home = scratchHome()
    // More than any pipe holds.
    await noiseModel(home, 2 ** 22)
    const args = ['models', 'export', 'noise', '-', '-f', format, '-q']
    const child = spawn(process.execPath, [BIN, ...args], { env: { ...process.env, BENTOML_HOME: home } })
    child.stdout.once('data', () => child.stdout.destroy())
    const stderr: string[] = []
    child.stderr.setEncoding('utf8').on('data', text => stderr.push(text))
    const code = await new Promise(resolve => child.once('close', resolve))
    expect({ stderr: stderr.join(''), code }).toEqual({ stderr: '', code: 141 })
    expect(everythingIn(join(home, 'tmp'))).toEqual([])
  })

  it.skipIf(process.platform !== 'linux')('is not a disk that is full', async () => {
    const home = fixtureHome()
    const full = openSync('/dev/full', 'w')
    const env = { ...process.env, BENTOML_HOME: home }
    const args = [BIN, 'models', 'export', 'iris_clf', '-']
    const { stderr, status } = spawnSync(process.execPath, args, { env, stdio: ['ignore', full, 'pipe'] })
    closeSync(full)
    expect(String(stderr)).toMatch(/^error \[DISK_FULL\]: Cannot write to the standard output: ENOSPC/m)
    expect(status).toBe(1)
  })
})

describe.skipIf(process.platform === 'win32')('a signal while an archive is written', () => {
  it.each([
    ['SIGINT', 130, 'tar'],
    ['SIGTERM', 143, 'folder'],
    ['SIGHUP', 129, 'gz'],
    ['SIGINT', 130, 'bentomodel'],
    ['SIGTERM', 143, 'zip'],
  ] as const)('%s ends with %d, and leaves nothing of a %s', async (signal, expected, format) => {
    const [home, cwd] = [scratchHome(), scratchFolder()]
    await hugeModel(home, 2 ** 30)
    const before = everythingIn(home)
    const child = startBento(['models', 'export', 'huge', '-f', format], { home, cwd })
    const end = finished(child)
    await until(() => everythingIn(cwd).length > 0, end)
    child.kill(signal)
    expect(await end).toMatchObject({ stdout: '', code: expected })
    expect(everythingIn(cwd)).toEqual([])
    expect(everythingIn(home)).toEqual(before)
  })

  it('leaves what was to be replaced', async () => {
    const [home, cwd] = [scratchHome(), scratchFolder()]
    await hugeModel(home, 2 ** 30)
    writeFileSync(join(cwd, 'a.tar'), 'precious')
    const child = startBento(['models', 'export', 'huge', 'a.tar', '--force'], { home, cwd })
    const end = finished(child)
    await until(() => everythingIn(cwd).length > 1, end)
    child.kill('SIGINT')
    expect((await end).code).toBe(130)
    expect(everythingIn(cwd)).toEqual(['a.tar'])
    expect(readFileSync(join(cwd, 'a.tar'), 'utf8')).toBe('precious')
  })
})

describe.skipIf(!hasTerminals)('on a terminal', () => {
  it('an archive is refused, unless by force', async () => {
    const home = fixtureHome()
    const refused = await onTerminal(['models', 'export', 'iris_clf', '-'], { home })
    expect(refused.output).toContain('[USAGE]')
    expect(refused.output).toContain('An archive is nothing for a terminal to show.')
    expect(refused.code).toBe(2)
    const forced = await onTerminal(['models', 'export', 'iris_clf', '-', '-f', 'tar', '--force'], { home })
    expect(forced.output).toContain('ustar')
    expect(forced.code).toBe(0)
  })

  it('a path cannot steer it', async () => {
    const [home, cwd] = [fixtureHome(), scratchFolder()]
    const path = 'a\x1b[2J.tar'
    const { output, code } = await onTerminal(['models', 'export', 'iris_clf', path, '-o', 'path'], { home, cwd })
    expect(output).toBe(`${cwd}/a\\x1b[2J.tar\r\n`)
    expect(code).toBe(0)
  })
})
