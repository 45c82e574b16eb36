import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { BentoStore } from '../../src/store/index.js'
import { viteProject } from '../build/vite-project.js'
import { bento, type CliResult, finished, startBento } from '../support/cli.js'
import { scratchFolder, scratchHome } from '../support/home.js'
import { makeProject, type TestProject } from '../support/project.js'
import { expectUsage } from '../support/usage.js'

const CONFIG = `import { bento } from 'vite-plugin-bento'
console.log('noise of the config')
export default { plugins: [bento({ name: 'noisy', labels: { team: 'config' } })] }
`

function project(files: Record<string, string> = {}): TestProject {
  return viteProject('vite8', { 'vite.config.js': CONFIG, ...files })
}

const run = (home: string, cwd: string, ...args: string[]): Promise<CliResult> =>
  bento(['build', ...args], { home, cwd, env: { NO_COLOR: '1' } })

describe('the result', () => {
  test('is a summary, and what the config prints goes to stderr', async () => {
    const home = scratchHome()
    const { stdout, stderr, code } = await run(home, project().root)
    expect([code, stdout.split('\n')[0]]).toEqual([
      0,
      expect.stringMatching(/^bento noisy:\w{16} published in \d+ ms$/),
    ])
    expect(stdout).toMatch(/\n {2}path +\/.*\n {2}size .*\n {2}packages {2}0 locked\n$/)
    expect(stderr.replaceAll('noise of the config\n', '').replace('building …\n', '')).toBe('')
  })

  test('-o tag prints the line of BentoML, and nothing else', async () => {
    const home = scratchHome()
    const { root } = project()
    const { stdout, stderr, code } = await run(home, root, '-o', 'tag', '--version', 'v1')
    expect({ stdout, code }).toEqual({ stdout: '__tag__:noisy:v1\n', code: 0 })
    expect(stderr.replaceAll('noise of the config\n', '').replace('building …\n', '')).toBe('')
  })

  test('-o json is the whole report', async () => {
    const home = scratchHome()
    const { stdout, code } = await run(home, project().root, '-o', 'json')
    const report = JSON.parse(stdout)
    expect(code).toBe(0)
    expect(report).toMatchObject({ tag: `noisy:${report.version}`, published: true, mode: 'handler', warnings: [] })
    expect(existsSync(join(report.path, 'bento.yaml'))).toBe(true)
  })

  test('--quiet prints the tag alone; unchanged content keeps it', async () => {
    const home = scratchHome()
    const { root } = project()
    const first = await run(home, root, '--quiet')
    expect(first.stdout).toMatch(/^noisy:\w{16}\n$/)
    expect(await run(home, root, '-q')).toMatchObject({ stdout: first.stdout, code: 0 })
    expect((await run(home, root)).stdout).toMatch(/^bento unchanged, noisy:/)
  })
})

describe('what is built', () => {
  test('is the folder that is named, from anywhere', async () => {
    const home = scratchHome()
    mkdirSync(home)
    const { stdout, code } = await run(home, home, project().root, '-q')
    expect([stdout, code]).toEqual([expect.stringMatching(/^noisy:/), 0])
  })

  test('is the service that is named, in the current folder, where it is no folder', async () => {
    const home = scratchHome()
    const { root } = project({ 'src/other.js': 'export default { fetch: () => new Response("other") }' })
    const { stdout } = await run(home, root, 'src/other.js', '-o', 'json', '--debug')
    expect(JSON.parse(stdout).name).toBe('noisy')
    const { stderr, code } = await run(home, root, 'src/othre.js')
    expect([stderr, code]).toEqual([expect.stringContaining('error [SERVICE_NOT_FOUND]: The service entry'), 1])
    const python = await run(home, root, 'service:Iris')
    expect(python.stderr).toContain(
      'error [OPTION_INVALID]: An option of the command line is wrong: service names a class',
    )
    expect(python.code).toBe(2)
  })

  test('is changed by options, which win over all files; --debug says where each came from', async () => {
    const home = scratchHome()
    const { root, path } = project({
      'deploy.yaml': 'name: low\nlabels: { team: low, stage: low, from: low }\nargs: { a: low, b: low, c: low }\n',
      'args.yaml': 'b: file\nc: file\nthreshold: 0.25\n',
    })
    const options = ['--name', 'named', '--version', '1.0', '--label', 'stage=cli', '--label', 'odd=a=b']
    const args = [
      '--arg',
      'c=[1, 2]',
      '--arg',
      'text=two words',
      '--arg',
      'number="1"',
      '--arg-file',
      path('args.yaml'),
    ]
    const more = ['-f', 'deploy.yaml', '--mode', 'staging', '--config', 'vite.config.js', '--debug', '-q']
    const { stdout, stderr, code } = await run(home, root, ...options, ...args, ...more)
    expect({ stdout, code }).toEqual({ stdout: 'named:1.0\n', code: 0 })
    const { info } = await new BentoStore(home).get('named:1.0')
    expect(info.labels).toEqual({ team: 'config', stage: 'cli', from: 'low', odd: 'a=b' })
    expect(info.args).toEqual({ a: 'low', b: 'file', c: [1, 2], threshold: 0.25, text: 'two words', number: '1' })
    expect(stderr.split('\n').filter(line => line.startsWith('option '))).toEqual([
      'option name: "named" (the command line)',
      'option version: "1.0" (the command line)',
      'option labels.team: "config" (bento() in the config)',
      'option labels.stage: "cli" (the command line)',
      'option labels.from: "low" (deploy.yaml)',
      'option labels.odd: "a=b" (the command line)',
      'option args.a: "low" (deploy.yaml)',
      'option args.b: "file" (the command line)',
      'option args.c: [1,2] (the command line)',
      'option args.threshold: 0.25 (the command line)',
      'option args.text: "two words" (the command line)',
      'option args.number: "1" (the command line)',
    ])
  })
})

describe.skipIf(process.platform === 'win32')('--containerize', () => {
  /** The same with a builder that tells of its arguments, if it may. */
  function withBuilder(script: string, ...args: string[]): Promise<CliResult> {
    const bin = scratchFolder()
    writeFileSync(join(bin, 'buildah'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    return bento(['build', '--containerize', '--version', 'v1', ...args], {
      home: scratchHome(),
      cwd: project().root,
      env: { PATH: bin, NO_COLOR: '1' },
    })
  }
  const TELL = 'for word in "$@"; do echo "word: $word"; done'

  test('makes an image of the bento, for the platforms that are named', async () => {
    const { stdout, stderr, code } = await withBuilder(TELL, '--platform', 'linux/amd64')
    expect(stdout).toMatch(
      /^bento noisy:v1 published[\s\S]*\nBento\(tag="noisy:v1"\) containerized as noisy:v1 \(buildah\)\.\n$/,
    )
    expect(stderr).toContain('word: --tag=noisy:v1\n')
    expect(stderr).toContain('word: --platform=linux/amd64\n')
    expect(code).toBe(0)
  })

  test('leaves stdout to the result', async () => {
    expect(await withBuilder(TELL, '-o', 'tag')).toMatchObject({ stdout: '__tag__:noisy:v1\n', code: 0 })
    expect(await withBuilder(TELL, '-q')).toMatchObject({ stdout: 'noisy:v1\n', code: 0 })
  })

  test('fails where no image is made, with the bento in the store', async () => {
    const { stdout, stderr, code } = await withBuilder('exit 3', '-o', 'tag')
    expect([stdout, code]).toEqual(['__tag__:noisy:v1\n', 1])
    expect(stderr).toContain('error [CONTAINERIZE_FAILED]')
  })
})

describe('failures', () => {
  test('of the bundler keep its words, indented, and exit with 1', async () => {
    const { root } = project({ 'src/service.js': 'export default {{' })
    const { stdout, stderr, code } = await run(scratchHome(), root, '-o', 'json')
    expect([stdout, code]).toEqual(['', 1])
    expect(stderr).toMatch(/error \[BUILD_FAILED\]: .*\n {2}/)
    expect(stderr).toContain('service.js')
    expect(stderr).not.toContain('    at ')
  })

  test.skipIf(process.platform === 'win32')('a signal ends it, and leaves nothing in the store', async () => {
    const hang = `{ name: 'hang', async buildStart() {
      const { writeFileSync } = await import('node:fs')
      writeFileSync('begun', '')
      await new Promise(resolve => setTimeout(resolve, 60_000))
    } }`
    const { root, path } = project({ 'vite.config.js': CONFIG.replace('plugins: [', `plugins: [${hang}, `) })
    const home = scratchHome()
    const child = startBento(['build'], { home, cwd: root })
    const end = finished(child)
    await vi.waitFor(() => expect(existsSync(path('begun'))).toBe(true), { timeout: 20_000 })
    child.kill('SIGINT')
    expect(await end).toMatchObject({ stdout: '', code: 130 })
    expect(await new BentoStore(home).list()).toEqual([])
  })

  test('without Vite say what to install', async () => {
    const { root } = makeProject({ files: {} })
    const { stderr, code } = await run(scratchHome(), root)
    expect([stderr, code]).toEqual([
      `error [BUNDLER_MISSING]: Vite is not installed in ${root}.\nInstall it: npm install --save-dev vite\n`,
      1,
    ])
  })

  test('of a bentofile are listed with their lines', async () => {
    const { root } = project({ 'bentofile.yaml': 'labels:\n  a: [b]\npython: {}\n' })
    const { stderr, code } = await run(scratchHome(), root)
    expect(stderr).toMatch(/error \[BENTOFILE_INVALID\]: .* line 2: labels\.a must be text.*; line 3: python is for/)
    expect(code).toBe(1)
  })

  test.each([
    [['--label', 'x'], /--label "x" is not of the form key=value/],
    [['--arg', 'x'], /--arg "x" is not of the form key=value/],
    [['--arg', 'x=1', '--arg', 'x=2'], /--arg gives "x" twice/],
    [['-o', 'yaml'], /Allowed choices are default, tag, json/],
    [['a', 'b'], /[Tt]oo many arguments/],
  ])('wrong usage: %j', async (args, reason) => {
    expectUsage(await run(scratchHome(), '/', ...args), reason, /./)
  })

  test('a wrong file of args is told', async () => {
    const { root, path } = project({ 'list.yaml': '- a\n' })
    const missing = await run(scratchHome(), root, '--arg-file', 'no.yaml')
    expect(missing.stderr).toContain('error [IO_FAILED]: Cannot read no.yaml for --arg-file: ENOENT.')
    const list = await run(scratchHome(), root, '--arg-file', path('list.yaml'))
    expect(list.stderr).toContain('error [VALUE_INVALID]')
  })
})
