import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sourceTime } from '../../src/bento/creation-time.js'

const COMMITTED = 1_700_000_000

let root: string
let env: NodeJS.ProcessEnv

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'creation-')))
  const { SOURCE_DATE_EPOCH: _, ...rest } = process.env
  env = { ...rest, GIT_CEILING_DIRECTORIES: tmpdir(), GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function git(...args: string[]): void {
  const identity = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org']
  const dated = { ...env, GIT_COMMITTER_DATE: `${COMMITTED} +0100`, GIT_AUTHOR_DATE: '1600000000 +0000' }
  execFileSync('git', ['-C', root, ...identity, ...args], { env: dated, stdio: 'pipe' })
}

function repository(): string {
  const project = join(root, 'project')
  mkdirSync(project)
  writeFileSync(join(project, 'service.ts'), 'export default 1')
  writeFileSync(join(root, 'notes.md'), 'notes')
  git('init', '-q')
  git('add', '.')
  git('commit', '-qm', 'first')
  return project
}

const timeOf = (project: string) => sourceTime(project, join(project, 'dist'), env)

describe('the time of a commit', () => {
  it('counts while nothing in the project differs from it', async () => {
    expect(await timeOf(repository())).toBe(BigInt(COMMITTED) * 1_000_000n)
  })

  it('counts whatever the build put out and whatever else the repository holds', async () => {
    const project = repository()
    mkdirSync(join(project, 'dist'))
    writeFileSync(join(project, 'dist', 'server.js'), 'built')
    writeFileSync(join(root, 'notes.md'), 'other notes')
    expect(await timeOf(project)).toBe(BigInt(COMMITTED) * 1_000_000n)
  })

  it.each([
    ['a changed file', 'service.ts'],
    ['a new file', 'other.ts'],
  ])('is no answer once there is %s', async (_what, name) => {
    const project = repository()
    writeFileSync(join(project, name), 'changed')
    expect(await timeOf(project)).toBeUndefined()
  })

  it('is unknown without a repository, without a commit, without git', async () => {
    expect(await timeOf(root)).toBeUndefined()
    git('init', '-q')
    expect(await timeOf(root)).toBeUndefined()
    env = { ...env, PATH: join(root, 'nowhere') }
    expect(await timeOf(root)).toBeUndefined()
  })

  it('is asked for without running what the repository configures', async () => {
    const project = repository()
    const trap = join(root, 'trap.sh')
    writeFileSync(trap, `#!/bin/sh\ntouch '${join(root, 'sprung')}'\n`)
    chmodSync(trap, 0o755)
    mkdirSync(join(root, '.git/hooks'), { recursive: true })
    writeFileSync(join(root, '.git/hooks/post-index-change'), `#!/bin/sh\ntouch '${join(root, 'sprung')}'\n`)
    chmodSync(join(root, '.git/hooks/post-index-change'), 0o755)
    git('config', 'core.fsmonitor', trap)
    git('config', 'log.showSignature', 'true')
    git('config', 'gpg.program', trap)
    expect(await timeOf(project)).toBe(BigInt(COMMITTED) * 1_000_000n)
    expect(existsSync(join(root, 'sprung'))).toBe(false)
  })

  it('is that of the project, whatever repository a git hook names', async () => {
    const project = repository()
    env = { ...env, GIT_DIR: join(root, 'elsewhere'), GIT_INDEX_FILE: join(root, 'index') }
    expect(await timeOf(project)).toBe(BigInt(COMMITTED) * 1_000_000n)
  })
})

describe('SOURCE_DATE_EPOCH', () => {
  it.each([
    ['0', 0n],
    ['1700000001', 1_700_000_001_000_000n],
    ['253402300799', 253_402_300_799_000_000n],
  ])('%s wins over the commit', async (text, micros) => {
    const project = repository()
    env.SOURCE_DATE_EPOCH = text
    expect(await timeOf(project)).toBe(micros)
  })

  it.each(['yesterday', '-1', '1.5', '1e9', ' 1', '253402300800', '0x10', '1\n'])('refuses %j', async text => {
    env.SOURCE_DATE_EPOCH = text
    await expect(timeOf(root)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })
})
