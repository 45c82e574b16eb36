import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageService } from '../../src/bento/package-service.js'
import type { BuildReport, PackageOptions } from '../../src/bento/types.js'
import { scratchFolder, scratchHome } from '../support/home.js'
import { type BuiltService, builtService, packageOptions } from './built-service.js'

interface Project extends BuiltService {
  write(files: Readonly<Record<string, string>>): void
  link(path: string, target: string): void
  pack(options: Partial<PackageOptions>): Promise<BuildReport>
}

function project(files: Readonly<Record<string, string>> = {}): Project {
  const built = builtService()
  const home = scratchHome()
  const path = (name: string) => join(built.snapshot.projectRoot, name)
  const write = (more: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(more)) {
      mkdirSync(dirname(path(name)), { recursive: true })
      writeFileSync(path(name), text)
    }
  }
  write(files)
  return {
    ...built,
    write,
    link: (name, target) => {
      mkdirSync(dirname(path(name)), { recursive: true })
      symlinkSync(target, path(name))
    },
    pack: options => packageService(built.snapshot, packageOptions(home, options)),
  }
}

const inBento = (report: BuildReport, path: string) => join(report.path, 'src', path)

describe('include', () => {
  it('puts files where they lie in the project, bytes and executable bit kept', async () => {
    const { snapshot, pack } = project({ 'migrations/1.sql': 'create', 'bin/run.sh': '#!/bin/sh', 'notes.md': '' })
    chmodSync(join(snapshot.projectRoot, 'bin/run.sh'), 0o755)
    const report = await pack({ include: ['migrations/', './bin/*.sh'] })
    expect(readFileSync(inBento(report, 'migrations/1.sql'), 'utf8')).toBe('create')
    expect(statSync(inBento(report, 'bin/run.sh')).mode & 0o100).toBe(0o100)
    expect(existsSync(inBento(report, 'notes.md'))).toBe(false)
    expect(report.warnings).toEqual([])
  })

  it('makes the version follow path, content and executable bit of each file', async () => {
    const { snapshot, write, pack } = project({ 'data/a': 'one' })
    const versions = [(await pack({ include: ['data/'] })).version]
    expect((await pack({ include: ['/data/a', 'data/'] })).version).toBe(versions[0])
    chmodSync(join(snapshot.projectRoot, 'data/a'), 0o755)
    versions.push((await pack({ include: ['data/'] })).version)
    write({ 'data/a': 'two' })
    versions.push((await pack({ include: ['data/'] })).version)
    write({ 'data/b': '' })
    versions.push((await pack({ include: ['data/'] })).version)
    expect(new Set(versions).size).toBe(4)
  })

  it('takes the whole project but what is no source of it, and tells of secrets', async () => {
    const { pack } = project({
      'a.txt': '',
      '.env': 'KEY=1',
      'config/server.key': '',
      '.git/config': '',
      'node_modules/x/index.js': '',
      '__pycache__/y': '',
      'dist/client/index.html': '',
      'dist/server/stray.js': '',
    })
    const report = await pack({ include: ['*'], exclude: ['/dist/client/'] })
    for (const path of ['a.txt', 'src/service.ts']) expect(existsSync(inBento(report, path)), path).toBe(true)
    for (const path of ['.env', 'config', '.git', 'node_modules', '__pycache__', 'dist']) {
      expect(existsSync(inBento(report, path)), path).toBe(false)
    }
    expect(JSON.parse(readFileSync(inBento(report, 'package.json'), 'utf8')).name).toBe('hello')
    expect(report.warnings).toEqual([
      'Left out, since files of that name hold secrets: .env, config/server.key. To take one along, include it by its path.',
    ])
  })

  it('takes secrets that it names outright, and says so', async () => {
    const { pack } = project({ 'certs/ca.pem': 'public', 'certs/own.key': '' })
    const report = await pack({ include: ['certs/', 'certs/ca.pem'] })
    expect(readFileSync(inBento(report, 'certs/ca.pem'), 'utf8')).toBe('public')
    expect(existsSync(inBento(report, 'certs/own.key'))).toBe(false)
    expect(report.warnings).toContain('Goes along because the option include names it: certs/ca.pem.')
  })

  it('warns of patterns that match nothing, or only what the bento writes itself', async () => {
    const { pack } = project()
    expect((await pack({ include: ['views/', 'package.json'] })).warnings).toEqual([
      '"package.json" in the option include brings nothing: the bento has its own, made of the project\'s.',
      '"views/" in the option include matches no file that may go along.',
    ])
  })

  it.each([[['../shared/a']], [['data/../../x']], [['!../x']]])(
    'refuses %s, which leads out of the project',
    async include => {
      await expect(project().pack({ include })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    },
  )
})

describe('a file where another lies', () => {
  it('is a conflict, each named, unless it is the same', async () => {
    const { emit, write, pack } = project({ 'assets/same': 'x', 'assets/other': 'mine' })
    emit('assets/same', 'x')
    emit('assets/other', 'theirs')
    expect((await pack({ include: ['assets/same'] })).warnings).toEqual([])
    write({ 'server.js': '', 'node_modules/x/data.bin': '' })
    const refusal = pack({ include: ['assets/', 'server.js', 'node_modules/x/data.bin'] })
    await expect(refusal).rejects.toMatchObject({ code: 'OUTPUT_CONFLICT' })
    for (const name of ['assets/other', 'server.js', 'node_modules/x/data.bin']) {
      await expect(refusal).rejects.toThrow(`"${name}"`)
    }
  })
})

describe('links', () => {
  it('that stay inside are kept, absolute ones made relative', async () => {
    const { snapshot, link, pack } = project({ 'data/v1/x': '1' })
    link('data/current', 'v1')
    link('data/absolute', join(snapshot.projectRoot, 'data/v1/x'))
    link('top', 'data/../data/v1')
    const report = await pack({ include: ['data/', 'top'] })
    expect(readlinkSync(inBento(report, 'data/current'))).toBe('v1')
    expect(readlinkSync(inBento(report, 'data/absolute'))).toBe('v1/x')
    expect(readFileSync(inBento(report, 'top/x'), 'utf8')).toBe('1')
    expect(report.warnings).toEqual([])
  })

  it('to what does not go along are refused, all at once', async () => {
    const { link, pack } = project({ 'other/x': '' })
    link('data/a', '../other/x')
    link('data/b', 'nowhere')
    await expect(pack({ include: ['data/'] })).rejects.toMatchObject({
      code: 'SERVICE_UNSUPPORTED',
      details: { links: ['data/a -> other/x', 'data/b -> data/nowhere'] },
    })
    expect((await pack({ include: ['data/a', 'other/'] })).warnings).toEqual([])
  })

  it('that lead outside are refused, all at once, also by way of others', async () => {
    const outside = scratchFolder()
    writeFileSync(join(outside, 'id'), 'secret')
    const { link, pack } = project()
    link('data/far', join(outside, 'id'))
    link('data/up', '../../../..')
    link('hop', outside)
    link('data/chain', '../hop/id')
    const refusal = pack({ include: ['data/'] })
    await expect(refusal).rejects.toMatchObject({ code: 'SERVICE_UNSUPPORTED' })
    for (const name of ['data/far', 'data/up', 'data/chain']) await expect(refusal).rejects.toThrow(name)
    await expect(pack({ include: ['hop/id'] })).rejects.toThrow('hop ->')
  })
})

describe('description', () => {
  it('is read from a file of the project, also through a link inside it', async () => {
    const { link, pack } = project({ 'docs/service.md': '# Ours\n' })
    link('docs/link.md', 'service.md')
    for (const description of ['file:docs/service.md', 'file: ./docs/link.md']) {
      const report = await pack({ description })
      expect(readFileSync(join(report.path, 'README.md'), 'utf8')).toMatch(/^# Ours\n/)
    }
  })

  it('takes no file from elsewhere (CVE-2026-24123)', async () => {
    const outside = scratchFolder()
    writeFileSync(join(outside, 'x.md'), '')
    const { link, pack } = project()
    link('link.md', join(outside, 'x.md'))
    for (const path of ['/etc/passwd', '../x.md', 'link.md', 'missing.md', 'src', '']) {
      await expect(pack({ description: `file:${path}` }), path).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    }
  })
})
