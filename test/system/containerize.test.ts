import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DEFAULT_IMAGE } from '../../src/bento/image-options.js'
import { packageService } from '../../src/bento/package-service.js'
import type { BentoOptions } from '../../src/config/options.js'
import { builtService, packageOptions } from '../bento/built-service.js'
import { bento, finished, startBento } from '../support/cli.js'
import { Container, type ImageConfig } from '../support/containers.js'
import { scratchHome } from '../support/home.js'
import { BASE_IMAGE, buildah, imageEnv, imagesMissing, makeBaseImage, npmrcOfThisMachine } from '../support/images.js'
import { buildIris, expectRecorded } from '../support/iris.js'
import { describeNeeding } from '../support/needs.js'

const IMAGE = 'localhost/vite-plugin-bento-test/iris:v1'
/** Must not be found in the image: what the caller's environment and `.npmrc` hold. */
const SECRETS = ['canary-of-the-environment', 'canary-of-npmrc'] as const
const OPTIONS: BentoOptions = {
  envs: [
    { name: 'OMP_NUM_THREADS', value: '1' },
    { name: 'GREETING', value: `it's "here" $HOME \\`, stage: 'runtime' },
    { name: 'TOKEN', value: '', stage: 'build' },
  ],
  image: {
    base: BASE_IMAGE,
    setupScript: 'setup.sh',
    template: 'Dockerfile.blocks',
    commands: ['echo command >> /order'],
    postCommands: ['echo "later $(ls src | grep node_modules)" >> /order'],
  },
}

describeNeeding(imagesMissing, 'bento containerize of examples/iris', () => {
  let scratch: string
  let home: string
  let env: Record<string, string>
  let config: ImageConfig
  let image: Container

  beforeAll(async () => {
    makeBaseImage()
    // A space, as there is one in many a home.
    scratch = mkdtempSync(join(tmpdir(), 'bento image-'))
    home = join(scratch, 'home')
    env = { ...imageEnv, BENTOML_CONTAINERIZE_BACKEND: 'buildah', TOKEN: SECRETS[0] }
    const setup = '#!/bin/sh\necho "setup $(id -un) $(printf %s "$TOKEN" | wc -c)" >> /order\n'
    const template = '# bento:block before-packages\nRUN echo template >> /order\n'
    buildIris(home, OPTIONS, { 'setup.sh': setup, 'Dockerfile.blocks': template })
    writeFileSync(join(scratch, 'npmrc'), `${npmrcOfThisMachine()}//registry.example/:_authToken=${SECRETS[1]}\n`)
    const secret = `--secret=id=npmrc,src=${join(scratch, 'npmrc')}`
    const made = await bento(['containerize', 'iris', '-t', IMAGE, '--label', 'team=a b', secret], { home, env })
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining(`containerized as ${IMAGE} (buildah).\n`) })
    expect(made.stderr).toContain('The build may read these variables of this environment: TOKEN.\n')
    const { OCIv1, Docker } = JSON.parse(buildah('inspect', '--type', 'image', IMAGE))
    expect(JSON.stringify([OCIv1, Docker])).not.toMatch(SECRETS.join('|'))
    config = Docker.config
    image = new Container(IMAGE)
  })
  afterAll(() => {
    image?.remove()
    if (config !== undefined) buildah('rmi', IMAGE)
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true })
  })

  it('makes an image with user, variables, health check and label, and leaves nothing staged', () => {
    expect(config).toMatchObject({ User: '1034:1034', StopSignal: 'SIGTERM', Labels: { team: 'a b' } })
    expect(config.Env).toEqual(expect.arrayContaining(['OMP_NUM_THREADS=1', `GREETING=it's "here" $HOME \\`]))
    expect(config.Env.join()).not.toMatch(/TOKEN/)
    expect(config.Healthcheck?.Test.slice(0, 3)).toEqual(['CMD', 'node', '-e'])
    expect(readdirSync(join(home, 'tmp'))).toEqual([])
  })

  it('ran setup script, commands, template and later commands, with the secret of the environment, which it did not keep', () => {
    const root = image.mount()
    expect(readFileSync(join(root, 'order'), 'utf8')).toBe(
      `setup root ${SECRETS[0].length}\ncommand\ntemplate\nlater node_modules\n`,
    )
    for (const secret of SECRETS) {
      const found = spawnSync('grep', ['-rlF', secret, '--devices=skip', root], { encoding: 'utf8' })
      expect(found).toMatchObject({ status: 1, stdout: '' })
    }
    expect(readdirSync(join(root, 'root')).filter(name => name !== '.npm')).not.toContain('.npmrc')
  })

  it('answers with the recorded predictions, and ends in order on SIGTERM', async () => {
    const container = await image.start(config)
    await expectRecorded(container.url)
    expect((await fetch(`${container.url}/livez`)).status).toBe(200)
    expect(await container.stop()).toBe(0)
  })

  it('runs as any user, with nothing to write to', async () => {
    const container = await image.startReadOnly(config, 4711)
    await expectRecorded(container.url)
    expect(await container.stop()).toBe(0)
  })
})

describeNeeding(imagesMissing, 'bento containerize that does not come to its end', () => {
  beforeAll(makeBaseImage)

  async function service(home: string, ...commands: string[]): Promise<void> {
    const image = { ...DEFAULT_IMAGE, base: BASE_IMAGE, commands }
    await packageService(builtService().snapshot, packageOptions(home, { image }))
  }
  const env = { ...imageEnv, BENTOML_CONTAINERIZE_BACKEND: 'buildah' }

  it('tells the last lines of the builder, without what could steer a terminal', async () => {
    const home = scratchHome()
    await service(home, `printf 'no \\033[31mroom\\n' >&2; exit 3`)
    const { stdout, stderr, code } = await bento(['containerize', 'hello', '--quiet'], { home, env })
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 })
    expect(stderr).toMatch(
      /^error \[CONTAINERIZE_FAILED\]: \S*buildah failed to make an image of hello:\w+\. It ended with exit code \d+\./,
    )
    expect(stderr).toContain('\n  no \\x1b[31mroom\n')
    expect(readdirSync(join(home, 'tmp'))).toEqual([])
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends the builder on %s, and removes what was staged', async (signal, exitCode) => {
    const home = scratchHome()
    await service(home, 'echo now it waits; exec sleep 4711')
    const child = startBento(['containerize', 'hello', '-t', 'localhost/never'], { home, env })
    const result = finished(child)
    for await (const line of createInterface({ input: child.stderr })) if (line === 'now it waits') break
    child.kill(signal)
    expect((await result).code).toBe(exitCode)
    expect(readdirSync(join(home, 'tmp'))).toEqual([])
    expect(spawnSync('pgrep', ['-fx', 'sleep 4711']).status).toBe(1)
  })
})
