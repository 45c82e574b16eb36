import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bento } from '../support/cli.js'
import { fixtureHome, scratchFolder, scratchHome } from '../support/home.js'
import { hasTerminals, onTerminal } from '../support/terminal.js'

/** Versions of a model or bento that are left. */
function left(home: string, name: string): string[] {
  const dir = join(home, name)
  return existsSync(dir)
    ? readdirSync(dir)
        .filter(version => version !== 'latest')
        .sort()
    : []
}

describe('bento delete', () => {
  it('deletes one version', async () => {
    const home = fixtureHome()
    const result = await bento(['delete', 'greeter:b1', '-y'], { home })
    expect(result).toEqual({ stdout: 'Bento(tag="greeter:b1") deleted.\n', stderr: '', code: 0 })
    expect(left(home, 'bentos/greeter')).toEqual(['b2'])
  })

  it('deletes every version of a name', async () => {
    const home = fixtureHome()
    const { stdout, code } = await bento(['delete', 'greeter', '--yes'], { home })
    expect(stdout.trimEnd().split('\n').sort()).toEqual([
      'Bento(tag="greeter:b1") deleted.',
      'Bento(tag="greeter:b2") deleted.',
    ])
    expect(code).toBe(0)
    expect(existsSync(join(home, 'bentos/greeter'))).toBe(false)
  })

  it('says nothing when it shall be quiet', async () => {
    const result = await bento(['delete', 'greeter:latest', '--assume-yes', '-q'], { home: fixtureHome() })
    expect(result).toEqual({ stdout: '', stderr: '', code: 0 })
  })
})

describe('bento models delete', () => {
  it('takes targets separated by spaces or commas, and reports every problem at the end', async () => {
    const home = fixtureHome()
    const targets = ['yes:yes,odd:on', 'odd:nope', 'none', 'a:b:c', '123, objects:v1,']
    const { stdout, stderr, code } = await bento(['models', 'delete', '-y', ...targets], { home })
    expect(stdout.match(/deleted/g)).toHaveLength(4)
    expect(stderr).toMatch(/^error \[TAG_NOT_FOUND\]: .*odd:nope/)
    expect(stderr.match(/^error \[\w+\]/gm)).toEqual([
      'error [TAG_NOT_FOUND]',
      'error [TAG_NOT_FOUND]',
      'error [TAG_INVALID]',
    ])
    expect(code).toBe(1)
    for (const name of ['yes', '123', 'objects']) expect(left(home, `models/${name}`)).toEqual([])
    expect(left(home, 'models/odd')).not.toContain('on')
  })

  it('never deletes by the beginning of a version', async () => {
    const home = fixtureHome()
    const { stderr, code } = await bento(['models', 'delete', 'digits:v', '-y'], { home })
    expect(stderr).toMatch(/^error \[TAG_NOT_FOUND\]: .*\nDid you mean digits:v1\?/)
    expect(code).toBe(1)
    expect(left(home, 'models/digits')).toEqual(['v1'])
  })

  it('keeps a model that bentos use, naming them, and deletes the others', async () => {
    const home = fixtureHome()
    const { stdout, stderr, code } = await bento(['models', 'delete', 'iris_clf', '-y'], { home })
    expect(stderr).toMatch(/^error \[MODEL_IN_USE\]: .*iris_clf:v2.*greeter:b2/)
    expect(stderr.match(/error/g)).toHaveLength(1)
    expect(stdout).toBe('Model(tag="iris_clf:v1") deleted.\nModel(tag="iris_clf:v3") deleted.\n')
    expect(code).toBe(1)
    expect(left(home, 'models/iris_clf')).toEqual(['v2'])
    await bento(['delete', 'greeter', '-y'], { home })
    expect((await bento(['models', 'delete', 'iris_clf', '-y'], { home })).code).toBe(0)
  })

  it('deletes what is damaged, by its tag', async () => {
    const home = scratchHome()
    mkdirSync(join(home, 'models/m/v1'), { recursive: true })
    expect((await bento(['models', 'delete', 'm:v1', '-y'], { home })).code).toBe(0)
    expect(left(home, 'models/m')).toEqual([])
  })

  it('does not delete unasked where nobody can be asked', async () => {
    const home = fixtureHome()
    const result = await bento(['models', 'delete', 'digits'], { home, input: 'y\n' })
    expect(result.stdout).toBe('')
    expect(result.stderr).toBe(
      'error [USAGE]: Cannot ask whether to delete digits: there is no terminal.\nAdd --yes to delete.\n',
    )
    expect(result.code).toBe(2)
    expect(left(home, 'models/digits')).toEqual(['v1'])
  })

  it('wants a target', async () => {
    expect((await bento(['models', 'delete', '-y'], { home: scratchHome() })).code).toBe(2)
    expect((await bento(['models', 'delete', '-y', ' , '], { home: scratchHome() })).code).toBe(2)
  })
})

describe.skipIf(!hasTerminals)('asking on a terminal', () => {
  const command = ['models', 'delete', 'iris_clf:v1', 'iris_clf:v3']
  const question = (tag: string) => `delete model ${tag}? [y/N]: `

  it('asks for each item', async () => {
    const home = fixtureHome()
    const { output, code } = await onTerminal(command, { home, keys: ['maybe\r', 'yes\r', '\r'] })
    expect(output).toContain(question('iris_clf:v1'))
    expect(output).toContain('Error: invalid input')
    expect(output).toContain('Model(tag="iris_clf:v1") deleted.')
    expect(output).toContain(question('iris_clf:v3'))
    expect(code).toBe(0)
    expect(left(home, 'models/iris_clf')).toEqual(['v2', 'v3'])
  })

  it.each([
    ['Ctrl-C', '\x03', 130],
    ['Ctrl-D', '\x04', 1],
  ])('%s ends it, with nothing more deleted', async (_, key, expected) => {
    const home = fixtureHome()
    const { output, code } = await onTerminal(command, { home, keys: ['y\r', key] })
    expect(output).toContain('Aborted!')
    expect(code).toBe(expected)
    expect(left(home, 'models/iris_clf')).toEqual(['v2', 'v3'])
  })

  it('does not ask about what is not there', async () => {
    const { output, code } = await onTerminal(['delete', 'none:v1'], { home: scratchFolder(), keys: [] })
    expect(output).not.toContain('[y/N]')
    expect(output).toContain('TAG_NOT_FOUND')
    expect(code).toBe(1)
  })
})
