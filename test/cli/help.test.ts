import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { COMMANDS, type CommandEntry } from '../../src/cli/registry.js'
import { ERROR_CODES } from '../../src/core/errors.js'
import { bento } from '../support/cli.js'
import { scratchHome } from '../support/home.js'

const docs = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8')

/** The words of every command, groups and the program itself included. */
function allCommands(entries: readonly CommandEntry[], above: string[] = []): string[][] {
  return [above, ...entries.flatMap(({ name, commands }) => allCommands(commands ?? [], [...above, name]))]
}

/** The part of `docs/cli.md` under the heading of a command. */
function sectionOf(command: string): string {
  const [, section = ''] = docs.split(new RegExp(`^## \`${command}\`$`, 'm'))
  return section.split(/^## /m)[0] ?? ''
}

describe.each(allCommands(COMMANDS).map(words => ['bento', ...words].join(' ')))('%s --help', command => {
  const words = command.split(' ').slice(1)

  it('prints the usage, whichever way it is asked for', async () => {
    const home = scratchHome()
    const { stdout, stderr, code } = await bento([...words, '--help'], { home })
    expect(stdout.startsWith(`Usage: ${command.replace('serve', 'serve|serve-http')} [options]`)).toBe(true)
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
    expect((await bento([...words, '-h'], { home })).stdout).toBe(stdout)
  })

  it('and docs/cli.md tell of the same options and arguments', async () => {
    const { stdout } = await bento([...words, '--help'], { home: scratchHome() })
    const helped = new Set(stdout.match(/(?<=^ {2}.*)(?<![\w-])--?[a-z][a-z-]*(?=[ ,].*)/gm))
    expect([...helped]).toEqual(expect.arrayContaining(['-q', '--quiet', '--verbose', '--debug', '-h', '--help']))
    const common = sectionOf('bento')
    const section = sectionOf(command)
    expect(section).not.toBe('')
    for (const option of helped) {
      const where = ['-q', '--quiet', '--verbose', '--debug', '-h', '--help'].includes(option) ? common : section
      expect.soft(where, `${option} of ${command}`).toContain(`\`${option}`)
    }
    const documented = new Set(
      [...section.matchAll(/^\| `(.*?)`/gm)].flatMap(([, cell]) => cell?.match(/--?[a-z][a-z-]*/g) ?? []),
    )
    for (const option of documented) expect.soft(helped, `${option} of ${command}`).toContain(option)
  })
})

describe('bento --version', () => {
  it.each(['-v', '--version'])('%s prints the version of the package', async flag => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    const result = await bento([flag], { home: scratchHome() })
    expect(result).toEqual({ stdout: `${version}\n`, stderr: '', code: 0 })
  })
})

describe('docs/cli.md', () => {
  it('names no command and no error code that does not exist', () => {
    const commands = allCommands(COMMANDS).map(words => ['bento', ...words].join(' '))
    expect([...docs.matchAll(/^## `(bento.*)`$/gm)].map(([, command]) => command).sort()).toEqual(commands.sort())
    for (const [, code] of docs.matchAll(/`([A-Z]+_[A-Z_]+)`/g)) {
      if (!/^(BENTOML_|SOURCE_DATE_EPOCH|NODE_|NO_COLOR)/.test(code ?? ''))
        expect(Object.keys(ERROR_CODES)).toContain(code)
    }
  })
})
