import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseYaml } from '../../src/core/yaml.js'
import { bento, finished, startBento } from '../support/cli.js'
import { bentomlFixture, fixtureHome, scratchFolder, scratchHome } from '../support/home.js'

/** What BentoML itself said of the fixture home, in UTC. */
function recorded(name: string): Record<string, string>[] {
  return JSON.parse(readFileSync(bentomlFixture(name), 'utf8'))
}

/** The cells of a table whose columns begin where the headings begin. */
function cellsOf(table: string, headings: string[]): string[][] {
  const lines = table.trimEnd().split('\n')
  const starts = headings.map(heading => (lines[0] ?? '').indexOf(heading))
  return lines.map(line => starts.map((start, index) => line.slice(start, starts[index + 1]).trim()))
}

describe.each([
  ['models', ['models', 'list'], 'home.models.json', ['Tag', 'Module', 'Size', 'Creation Time']],
  ['bentos', ['list'], 'home.bentos.json', ['Tag', 'Size', 'Model Size', 'Creation Time']],
])('listing %s of a home that BentoML made', (_, command, file, headings) => {
  const expected = recorded(file)

  it('gives the JSON that BentoML gives', async () => {
    const { stdout, stderr, code } = await bento([...command, '-o', 'json'], { home: fixtureHome() })
    expect(JSON.parse(stdout)).toEqual(expected)
    expect(Object.keys(JSON.parse(stdout)[0])).toEqual(Object.keys(expected[0] ?? {}))
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  })

  it('gives the same as YAML', async () => {
    const { stdout } = await bento([...command, '-o', 'yaml'], { home: fixtureHome() })
    expect(parseYaml(stdout, 'stdout')).toEqual(expected)
  })

  it('gives the same as a table, in columns', async () => {
    const { stdout } = await bento(command, { home: fixtureHome() })
    expect(cellsOf(stdout, headings)).toEqual([headings, ...expected.map(row => Object.values(row))])
  })

  it('shows local time', async () => {
    const options = { home: fixtureHome(), env: { TZ: 'Asia/Kolkata' } }
    const { stdout } = await bento([...command, '-o', 'json'], options)
    const utc = new Date(`${expected[0]?.creation_time?.replace(' ', 'T')}Z`)
    const local = new Date(utc.getTime() + 5.5 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
    expect(JSON.parse(stdout)[0].creation_time).toBe(local)
  })

  it.each(['table', 'json', 'yaml'])('of a store that is not there is empty as %s', async output => {
    const { stdout, stderr, code } = await bento([...command, '-o', output], { home: scratchHome() })
    const empty = { table: `${headings.join('  ')}\n`, json: '[]\n', yaml: '[]\n' }
    expect({ stdout, stderr, code }).toEqual({ stdout: empty[output as 'table'], stderr: '', code: 0 })
  })
})

describe('choosing what to list', () => {
  const tags = async (home: string, ...args: string[]) => {
    const { stdout } = await bento(['models', 'list', '-o', 'json', ...args], { home })
    return (JSON.parse(stdout) as { tag: string }[]).map(({ tag }) => tag)
  }

  it('takes a name, a tag, and labels that must all match', async () => {
    const home = fixtureHome()
    expect(await tags(home, 'iris_clf')).toEqual(['iris_clf:v3', 'iris_clf:v2', 'iris_clf:v1'])
    expect(await tags(home, 'iris_clf:v2')).toEqual(['iris_clf:v2'])
    expect(await tags(home, 'iris_clf:v9')).toEqual([])
    expect(await tags(home, '--label', 'stage=production')).toEqual(['digits:v1', 'iris_clf:v2'])
    expect(await tags(home, '--label', 'stage=production', '--label', 'owner=data-team')).toEqual(['iris_clf:v2'])
    expect(await tags(home, 'iris_clf', '--label', 'stage=dev')).toEqual([])
    const tree = await tags(home, 'tree')
    expect(tree).toHaveLength(1)
    expect(await tags(home, '--label', 'quote=a"b\'c: #d')).toEqual(tree)
  })
})

describe('getting', () => {
  it.each([
    ['models', ['models', 'get', 'iris_clf:v2'], 'models/iris_clf/v2', 'model.yaml'],
    ['bentos', ['get', 'greeter:b1'], 'bentos/greeter/b1', 'bento.yaml'],
  ])('%s prints the manifest as it is, as JSON, or the path', async (_, command, folder, manifest) => {
    const home = fixtureHome()
    const text = readFileSync(join(home, folder, manifest), 'utf8')
    expect(await bento(command, { home })).toEqual({ stdout: text, stderr: '', code: 0 })
    const json = await bento([...command, '-o', 'json'], { home })
    expect(JSON.parse(json.stdout)).toEqual(parseYaml(text, manifest))
    const path = await bento([...command, '-o', 'path'], { home })
    expect(path.stdout).toBe(`${join(home, folder)}\n`)
  })

  it('finds the latest, and the unique beginning of a version', async () => {
    const home = fixtureHome()
    for (const [tag, folder] of [
      ['iris_clf', 'iris_clf/v3'],
      ['iris_clf:latest', 'iris_clf/v3'],
      ['digits:v', 'digits/v1'],
      ['odd:a.b', 'odd/a.b-c_d'],
    ] as const) {
      const { stdout } = await bento(['models', 'get', tag, '-o', 'path'], { home })
      expect(stdout).toBe(`${join(home, 'models', folder)}\n`)
    }
  })

  it('writes whole numbers of any size, and never wraps', async () => {
    const home = fixtureHome()
    const { stdout } = await bento(['models', 'get', 'tree', '-o', 'json'], { home })
    expect(stdout).toContain('"big": 1152921504606846976')
    const deep = join(scratchFolder(), 'long'.repeat(50), 'folder with spaces'.repeat(10))
    mkdirSync(deep, { recursive: true })
    const created = await bento(['models', 'create', 'a:v1', bentomlFixture('iris.json')], { home: deep })
    expect(created.code).toBe(0)
    const path = await bento(['models', 'get', 'a', '-o', 'path'], { home: deep })
    expect(path.stdout).toBe(`${join(deep, 'models/a/v1')}\n`)
  })
})

describe('text from outside', () => {
  // What no line of ours may hold, wherever the text comes from.
  const unsafe = /[^\P{Cc}\n]|[\u200b-\u200f\u2028-\u202e\u2066-\u2069]/u
  const hostile = '\x1b]0;owned\x07\x1b[2J\r\x9b31m\u202e\x7f'

  function homeWith(manifest: string): string {
    const home = scratchHome()
    mkdirSync(join(home, 'models/bad/v1'), { recursive: true })
    writeFileSync(join(home, 'models/bad/v1/model.yaml'), manifest)
    return home
  }

  const manifest = `name: bad
version: v1
module: ${JSON.stringify(hostile)}
labels: {${JSON.stringify(hostile)}: ${JSON.stringify(hostile)}}
options: {}
metadata: {}
context: {framework_name: '', framework_versions: {}}
api_version: v1
creation_time: '2024-01-02T03:04:05+00:00'
`

  it.each([
    ['models', 'list'],
    ['models', 'list', '-o', 'json'],
    ['models', 'list', '-o', 'yaml'],
    ['models', 'get', 'bad', '-o', 'json'],
    ['models', 'list', hostile],
    ['models', 'get', `bad:${hostile}`],
    ['models', 'delete', hostile, '-y'],
    ['models', 'create', hostile, '/etc/hostname'],
    ['models', 'create', 'a', `/none${hostile}`],
    ['models', 'create', 'a', '/etc/hostname', '--label', hostile],
    ['models', 'list', '-o', hostile],
    ['models', 'list', `--${hostile}`],
    ['serve', hostile],
    [hostile],
  ])('cannot steer a terminal through %j', async (...args) => {
    // JSON.stringify leaves some characters as they are, which YAML does not allow.
    const yaml = manifest.replace(/[\x7f\x9b\u202e]/g, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
    const { stdout, stderr, code } = await bento(args, { home: homeWith(yaml) })
    expect(stdout).not.toMatch(unsafe)
    expect(stderr).not.toMatch(unsafe)
    expect(code).toBeLessThan(3)
    if (args.at(-1) === 'json') expect(JSON.stringify(JSON.parse(stdout))).toContain('owned')
  })

  it('shows a damaged item as a warning, made safe, and lists the rest', async () => {
    const home = fixtureHome()
    mkdirSync(join(home, `models/iris_clf/v4`))
    writeFileSync(join(home, 'models/iris_clf/v4/model.yaml'), `name: "${hostile}`)
    const { stdout, stderr, code } = await bento(['models', 'list', 'iris_clf'], { home })
    expect(stdout.trimEnd().split('\n')).toHaveLength(4)
    expect(stderr).toMatch(/^warning: skipped .*iris_clf\/v4: /)
    expect(stderr).not.toMatch(unsafe)
    expect(code).toBe(0)
    expect((await bento(['models', 'list', 'iris_clf', '-q'], { home })).stderr).toBe('')
  })
})

describe('a reader that goes away', () => {
  it('is no error', async () => {
    const child = startBento(['models', 'list', '-o', 'json'], { home: fixtureHome() })
    child.stdin.end()
    child.stdout.destroy()
    const { stderr, code } = await finished(child)
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  })
})
