import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ModelStore } from '../../src/store/index.js'
import { bento, finished, startBento } from '../support/cli.js'
import { scratchFolder, scratchHome } from '../support/home.js'

/** A folder with these files. */
function folderWith(files: Record<string, string>): string {
  const dir = scratchFolder()
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(dir, path, '..'), { recursive: true })
    writeFileSync(join(dir, path), content)
  }
  return dir
}

/** What is in the store's folders, work in progress included. */
function everythingIn(home: string): string[] {
  return readdirSync(home, { recursive: true }).map(String).sort()
}

describe('bento models create', () => {
  it('saves a file with labels, metadata and framework, and prints the tag', async () => {
    const home = scratchHome()
    const project = folderWith({
      'model.onnx': 'onnx',
      'metrics.json': '{"recall": [0.5, 1]}',
      'node_modules/onnxruntime-node/package.json': '{"name": "onnxruntime-node", "version": "1.20.1"}',
    })
    const options =
      '--label stage=prod --label owner=a=b --metadata accuracy=0.97 --metadata final=true --metadata note=v1'
    const args = `models create iris_clf:v1 ./model.onnx ${options} --metadata metrics=@metrics.json --framework onnxruntime-node`
    const { stdout, stderr, code } = await bento(args.split(' '), { home, cwd: project })
    expect({ stdout, code }).toEqual({ stdout: 'iris_clf:v1\n', code: 0 })
    expect(stderr).not.toContain('warning')
    const { path, info } = await new ModelStore(home).get('iris_clf:v1')
    expect(readFileSync(join(path, 'model.onnx'), 'utf8')).toBe('onnx')
    expect(info.labels).toEqual({ stage: 'prod', owner: 'a=b' })
    expect(info.metadata).toEqual({ accuracy: 0.97, final: true, note: 'v1', metrics: { recall: [0.5, 1] } })
    expect(info.context).toMatchObject({
      frameworkName: 'onnxruntime-node',
      frameworkVersions: { 'onnxruntime-node': '1.20.1' },
    })
    expect(readdirSync(join(home, 'tmp'))).toEqual([])
  })

  it('makes a version where none is given', async () => {
    const home = scratchHome()
    const { stdout } = await bento(['models', 'create', 'm', folderWith({ a: '' })], { home })
    expect(stdout).toMatch(/^m:[a-z2-7]{16}\n$/)
  })

  it('takes a folder as it is: modes, links, empty folders, names', async () => {
    const home = scratchHome()
    const dir = folderWith({ 'bin/run.sh': '#!/bin/sh', 'weights/a.bin': 'a', 'Ünï/模型 1.txt': 'x', '.hidden': 'h' })
    mkdirSync(join(dir, 'empty'))
    chmodSync(join(dir, 'bin/run.sh'), 0o755)
    symlinkSync('weights/a.bin', join(dir, 'link.bin'))
    const { stdout, stderr } = await bento(['models', 'create', 'm:v1', dir, '-o', 'path'], { home })
    expect(stderr).not.toContain('error')
    const stored = stdout.trimEnd()
    expect(stored).toBe(join(home, 'models/m/v1'))
    const entries = readdirSync(stored, { recursive: true }).map(String)
    expect(entries.sort()).toEqual([...readdirSync(dir, { recursive: true }).map(String), 'model.yaml'].sort())
    expect(lstatSync(join(stored, 'bin/run.sh')).mode & 0o777).toBe(0o755)
    expect(readlinkSync(join(stored, 'link.bin'))).toBe('weights/a.bin')
  })

  it('gives each of several paths its own name, and follows a path that is itself a link', async () => {
    const home = scratchHome()
    const dir = folderWith({ 'a.bin': 'a', 'tokenizer/vocab.txt': 'v', 'blobs/x': 'weights' })
    symlinkSync('blobs/x', join(dir, 'model.onnx'))
    const args = ['models', 'create', 'm:v1', 'a.bin', 'tokenizer', 'model.onnx', '-o', 'json']
    const { stdout, stderr } = await bento(args, { home, cwd: dir })
    expect(stderr).toBe('')
    const { tag, path, digest, size, module } = JSON.parse(stdout)
    expect({ tag, path, module }).toEqual({ tag: 'm:v1', path: join(home, 'models/m/v1'), module: '' })
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(size).toMatch(/^\d+\.\d\d B$/)
    expect(readFileSync(join(path, 'tokenizer/vocab.txt'), 'utf8')).toBe('v')
    expect(lstatSync(join(path, 'model.onnx')).isFile()).toBe(true)
    expect(readFileSync(join(path, 'model.onnx'), 'utf8')).toBe('weights')
  })

  it('warns of a framework that is not installed, unless it shall be quiet', async () => {
    const home = scratchHome()
    const args = ['models', 'create', 'm', folderWith({ a: '' }), '--framework', 'no-such-package']
    expect((await bento(args, { home, cwd: scratchFolder() })).stderr).toContain(
      'warning: no-such-package is not installed',
    )
    expect((await bento([...args, '-q'], { home, cwd: scratchFolder() })).stderr).toBe('')
  })

  it.each<[string, (dir: string) => string[], RegExp]>([
    ['a tag that exists', dir => ['there:v1', join(dir, 'a')], /^error \[TAG_EXISTS\]: .*there:v1/],
    ['a bad name', dir => ['Bad Name', join(dir, 'a')], /^error \[TAG_INVALID\]: /],
    ['latest as a version', dir => ['m:latest', join(dir, 'a')], /^error \[TAG_INVALID\]: /],
    ['no such path', dir => ['m', join(dir, 'none')], /^error \[IO_FAILED\]: .* does not exist/],
    ['an empty folder', dir => ['m', join(dir, 'empty')], /^error \[VALUE_INVALID\]: .* holds no files/],
    ['a device', () => ['m', '/dev/null'], /^error \[VALUE_INVALID\]: /],
    ['a pipe in a folder', dir => ['m', join(dir, 'pipe')], /^error \[\w+\]: .*neither a file/],
    ['a link out of the folder', dir => ['m', join(dir, 'out')], /^error \[VALUE_INVALID\]: .*\/etc\/hostname/],
    ['a link to nothing', dir => ['m', join(dir, 'dangling')], /^error \[VALUE_INVALID\]: /],
    ['an item of the store', dir => ['m', join(dir, 'item')], /^error \[VALUE_INVALID\]: .*model\.yaml/],
    ['two files of one name', dir => ['m', join(dir, 'a'), join(dir, 'item/a')], /^error \[VALUE_INVALID\]: /],
    ['null as metadata', dir => ['m', join(dir, 'a'), '--metadata', 'x=null'], /^error \[VALUE_INVALID\]: .*null/],
    ['a bad package name', dir => ['m', join(dir, 'a'), '--framework', '../x'], /^error \[OPTION_INVALID\]: /],
  ])('refuses %s and leaves nothing', async (_, args, message) => {
    const home = scratchHome()
    const dir = folderWith({ a: '', 'out/a': '', 'dangling/a': '', 'item/a': '', 'item/model.yaml': 'name: x' })
    mkdirSync(join(dir, 'empty'))
    mkdirSync(join(dir, 'pipe'))
    symlinkSync('/etc/hostname', join(dir, 'out/link'))
    symlinkSync('nothing', join(dir, 'dangling/link'))
    execFileSync('mkfifo', [join(dir, 'pipe/fifo')])
    await bento(['models', 'create', 'there:v1', join(dir, 'a')], { home })
    const before = everythingIn(home)
    const { stdout, stderr, code } = await bento(['models', 'create', ...args(dir)], { home })
    expect(stdout).toBe('')
    expect(stderr).toMatch(message)
    expect(code).toBe(stderr.includes('OPTION_INVALID') ? 2 : 1)
    expect(everythingIn(home)).toEqual(before)
  })
})

describe.skipIf(process.platform === 'win32')('a signal while a model is saved', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s leaves nothing and ends with %d', async (signal, expected) => {
    const home = scratchHome()
    const dir = scratchFolder()
    const large = join(dir, 'large.bin')
    writeFileSync(large, '')
    // Holes take no space to make, yet long enough to read.
    truncateSync(large, 2 ** 31)
    const child = startBento(['models', 'create', 'm:v1', dir], { home })
    const end = finished(child)
    const ended = end.then(() => true)
    while (!(await isStaging(home)) && !(await Promise.race([ended, pause(5, false)])));
    child.kill(signal)
    const { stdout, code } = await end
    expect({ stdout, code }).toEqual({ stdout: '', code: expected })
    expect(everythingIn(home)).toEqual(['tmp'])
  })
})

async function isStaging(home: string): Promise<boolean> {
  try {
    return readdirSync(join(home, 'tmp'), { recursive: true })
      .map(String)
      .some(path => path.endsWith('large.bin'))
  } catch {
    return false
  }
}
