import { spawn, spawnSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BentoStore } from '../../src/store/index.js'
import { freePort, repository, untilUp } from '../support/served.js'
import { viteBuild, type WildProject, wildProject } from './project.js'

// What somebody without this package does with a bento: checks its sums, installs it, runs it.
describe('a bento by hand', () => {
  let project: WildProject
  let bento: string

  beforeAll(async () => {
    project = wildProject('pinned')
    cpSync(join(repository, 'fixtures/home'), project.home, { recursive: true })
    viteBuild(project, JSON.stringify({ service: 'src/service.ts' }))
    bento = (await new BentoStore(project.home).latest('wild-pinned')).path
  })
  afterAll(() => project.remove())

  it.skipIf(process.platform === 'win32')('passes sha256sum -c', () => {
    const tool = process.platform === 'darwin' ? ['shasum', '-a', '256'] : ['sha256sum']
    const [command = '', ...args] = [...tool, '-c', 'SHA256SUMS']
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: bento, encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('src/server.js: OK')
    expect(stdout).toContain('bento.yaml: OK')
  })

  it('installs offline from a warm cache, and answers', async () => {
    const copy = join(project.folder, '..', 'a copy')
    cpSync(join(bento, 'src'), copy, { recursive: true })
    npmCi(copy, '--prefer-offline')
    npmCi(copy, '--offline')
    const port = await freePort()
    const server = spawn(process.execPath, ['server.js'], {
      cwd: copy,
      env: { ...process.env, PORT: String(port), BENTOML_HOME: project.home },
      stdio: 'inherit',
    })
    try {
      const url = `http://127.0.0.1:${port}/`
      await untilUp(server, url)
      expect(await (await fetch(url)).json()).toEqual({ tag: 'iris_clf:v2', bytes: 518, rows: 150, minute: 60_000 })
    } finally {
      server.kill('SIGKILL')
    }
  })
})

function npmCi(folder: string, mode: string): void {
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', mode]
  const { status, stderr } = spawnSync('npm', args, {
    cwd: folder,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  expect(stderr.includes('npm error') ? stderr : status).toBe(0)
}
