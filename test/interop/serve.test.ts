import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { packageService } from '../../src/bento/package-service.js'
import { builtService, packageOptions } from '../bento/built-service.js'
import { BIN } from '../support/cli.js'
import { Container } from '../support/containers.js'
import { BASE_IMAGE, buildah, imageEnv, imagesMissing, makeBaseImage, npmrcOfThisMachine } from '../support/images.js'
import { buildIris, expectRecorded } from '../support/iris.js'
import { describeNeeding } from '../support/needs.js'
import { bentomlMissing, bentomlPython, proxyMissing, startBentoml } from './peer.js'

const ENV = { BENTOML_DO_NOT_TRACK: 'True', NO_COLOR: '1' }

describeNeeding(proxyMissing, 'bentoml serve', () => {
  let scratch: string
  let env: NodeJS.ProcessEnv
  let home: string
  const servers: { url: string; child: ChildProcess }[] = []

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'bentoml serve-'))
    home = join(scratch, 'home')
    for (const name of ['iris', 'iris_two']) buildIris(home, { name })
    // What the stub asks for where packages are not installed yet.
    mkdirSync(join(scratch, 'bin'))
    symlinkSync(BIN, join(scratch, 'bin/bento'))
    env = { ...process.env, ...ENV, BENTOML_HOME: home, PATH: [join(scratch, 'bin'), process.env.PATH].join(delimiter) }
    for (const tag of ['iris', 'iris_two:latest']) servers.push(await startBentoml(tag, env))
  })
  afterAll(async () => {
    for (const { child } of servers) {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
  })

  it('serves two bentos side by side, each giving the recorded predictions through its proxy', async () => {
    for (const { url } of servers) await expectRecorded(url)
  })

  it('runs a service without packages in src/, with the variables of the bento', async () => {
    const code = 'export default { fetch: () => Response.json({ cwd: process.cwd(), flower: process.env.FLOWER }) }\n'
    const envs = [{ name: 'FLOWER', value: `it's "odd" \\ $HOME`, stage: 'runtime' as const }]
    const { snapshot } = builtService({ 'service.js': code }, join(scratch, 'project'))
    const { path } = await packageService(snapshot, packageOptions(home, { envs }))
    const server = await startBentoml('hello', env)
    servers.push(server)
    expect(await (await fetch(server.url)).json()).toEqual({ cwd: join(path, 'src'), flower: envs[0]?.value })
  })
})

const IMAGE = 'localhost/vite-plugin-bento-test/iris-of-bentoml:v1'

describeNeeding(bentomlMissing ?? imagesMissing, 'bentoml containerize', () => {
  let scratch: string
  let image: Container

  beforeAll(async () => {
    makeBaseImage()
    scratch = mkdtempSync(join(tmpdir(), 'bentoml-image-'))
    const home = join(scratch, 'home')
    buildIris(home, {
      envs: [
        { name: 'GREETING', value: `it's "here" $HOME \\`, stage: 'runtime' },
        { name: 'ALL', value: `it's $HOME` },
      ],
      image: {
        base: BASE_IMAGE,
        commands: ['echo command >> /order'],
        postCommands: ['ls src/node_modules >> /order'],
      },
    })
    writeFileSync(join(scratch, 'npmrc'), npmrcOfThisMachine())
    const options = ['--backend', 'buildah', '-t', IMAGE, '--opt', `volume=${join(scratch, 'npmrc')}:/root/.npmrc:ro`]
    const child = spawn(bentomlPython as string, ['-m', 'bentoml', 'containerize', 'iris', ...options], {
      env: { ...process.env, ...imageEnv, ...ENV, BENTOML_HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (output += text))
    const [code] = await once(child, 'close')
    expect({ code, output }).toMatchObject({ code: 0 })
    image = new Container(IMAGE)
  })
  afterAll(() => {
    image?.remove()
    if (image !== undefined) buildah('rmi', IMAGE)
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
  })

  it('makes an image without Python, which answers with the recorded predictions', async () => {
    const { config } = JSON.parse(buildah('inspect', '--type', 'image', IMAGE)).Docker
    expect(config.Entrypoint).toEqual(['/home/bentoml/bento/env/docker/entrypoint.sh'])
    expect(config.Env).toContain("ALL=it's $HOME")
    const container = await image.start(config)
    await expectRecorded(container.url)
    expect(await container.stop()).toBe(0)
  })

  it('ran the commands of the bento, and nothing is left of what answered for uv', () => {
    const root = image.mount()
    const [first, ...later] = readFileSync(join(root, 'order'), 'utf8').trim().split('\n')
    expect(first).toBe('command')
    expect(later).toContain('onnxruntime-node')
    expect(() => readFileSync(join(root, 'usr/local/sbin/uv'))).toThrow('ENOENT')
  })
})
