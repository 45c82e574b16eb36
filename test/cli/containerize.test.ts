import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageService } from '../../src/bento/package-service.js'
import { builtService, packageOptions, pinnedModel } from '../bento/built-service.js'
import { bento, type CliResult } from '../support/cli.js'
import { fixtureHome, scratchFolder, scratchHome } from '../support/home.js'

/** What stands in for a builder that this machine may lack: it tells of its arguments, and of the folder that it got. */
const BUILDER = `#!/bin/sh
for word in "$@"; do echo "word: $word"; done
for context; do :; done
if [ -d "$context" ]; then
  (cd "$context" && find . -type f | sort | sed 's/^/file: /' && find . -type f -name model.onnx -printf 'links: %n\\n')
fi
echo "buildkit: $DOCKER_BUILDKIT format: $BUILDAH_FORMAT token: $TOKEN" >&2
`

interface Run extends CliResult {
  /** Arguments of each call of the builder, its context left out. */
  calls: string[]
  lines: string[]
  home: string
}

describe.skipIf(process.platform === 'win32')('bento containerize', () => {
  /** Runs it with programs of these names on the PATH, and nothing else but the shell's. */
  async function containerize(
    programs: string[],
    args: string[],
    more: { env?: Record<string, string>; home?: string } = {},
  ): Promise<Run> {
    const bin = scratchFolder()
    for (const name of programs) {
      writeFileSync(join(bin, name), name === 'sudo' ? '#!/bin/sh\necho "sudo: $1" >&2\nshift\nexec "$@"\n' : BUILDER)
      chmodSync(join(bin, name), 0o755)
    }
    for (const tool of ['find', 'sort', 'sed']) symlinkSync(join('/usr/bin', tool), join(bin, tool))
    const home = more.home ?? (await homeWithBento())
    const result = await bento(['containerize', ...args], { home, env: { PATH: bin, ...more.env } })
    const lines = result.stderr.split('\n')
    const calls = lines.filter(line => line.startsWith('word: ')).map(line => line.slice('word: '.length))
    return { ...result, lines, home, calls: calls.map(word => word.replace(/[^=\s]*\/item\b/, '<context>')) }
  }

  async function homeWithBento(): Promise<string> {
    const home = scratchHome()
    const { snapshot } = builtService()
    snapshot.pins = [await pinnedModel(home)]
    const envs = [
      { name: 'TOKEN', value: '', stage: 'build' as const },
      { name: 'UNSET', value: 'own', stage: 'build' as const },
    ]
    await packageService(snapshot, packageOptions(home, { version: 'v1', envs }))
    return home
  }

  const own = (tag = 'hello:v1') => ['--file=<context>/env/docker/Dockerfile', `--tag=${tag}`]

  it('builds the Dockerfile of the bento over the bento and its models, without copying these', async () => {
    const { code, stdout, calls, lines, home } = await containerize(['buildah'], ['hello'])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'Bento(tag="hello:v1") containerized as hello:v1 (buildah).\n',
    })
    expect(calls).toEqual(['build', ...own(), '<context>'])
    expect(lines).toEqual(
      expect.arrayContaining(['file: ./bento.yaml', 'file: ./models/iris_clf/v2/model.onnx', 'links: 2']),
    )
    expect(readdirSync(join(home, 'tmp'))).toEqual([])
    expect(statSync(join(home, 'models/iris_clf/v2/model.onnx')).nlink).toBe(1)
  })

  it.each([
    ['docker', ['build'], 'buildkit: 1 format: '],
    ['buildx', ['buildx', 'build'], 'buildkit:  format: '],
    ['podman', ['build'], 'buildkit:  format: docker'],
    ['buildah', ['build'], 'buildkit:  format: docker'],
    ['nerdctl', ['build'], 'buildkit:  format: '],
  ])('runs %s', async (backend, words, variables) => {
    const program = backend === 'buildx' ? 'docker' : backend
    const { calls, stderr } = await containerize([program], ['hello', '--backend', backend])
    expect(calls).toEqual([...words, ...own(), '<context>'])
    expect(stderr).toContain(variables)
  })

  it('takes the backend from the option, else the environment, else the PATH', async () => {
    const all = ['docker', 'podman', 'buildah', 'nerdctl']
    const env = { BENTOML_CONTAINERIZE_BACKEND: 'podman' }
    expect((await containerize(all, ['hello'])).stdout).toContain('(docker)')
    expect((await containerize(all, ['hello'], { env })).stdout).toContain('(podman)')
    expect((await containerize(all, ['hello', '--backend', 'buildah'], { env })).stdout).toContain('(buildah)')
    expect((await containerize(['nerdctl'], ['hello'])).stdout).toContain('(nerdctl)')
  })

  it('hands on options, each value in one word with its name', async () => {
    const args = [
      'hello',
      '-t',
      'registry.example/a:1',
      '--image-tag',
      'b:2',
      '--platform',
      'linux/amd64,linux/arm64',
      '--no-cache',
      '--no-cache-filter',
      'a',
    ]
    const more = [
      '--build-arg',
      'A=b c',
      '--build-arg',
      '--x',
      '--label',
      'k=v',
      '--secret',
      'id=npmrc,src=/x',
      '--output',
      'type=oci',
    ]
    const opts = [
      '--opt',
      'cgroup-parent=x',
      '--opt',
      'iidfile:/tmp/id',
      '--opt',
      'build-arg=B=1',
      '--opt',
      'squash',
      '--opt',
      'platform=linux/s390x',
      '--opt',
      'tag=c:3',
    ]
    const { calls } = await containerize(['docker'], [...args, ...more, ...opts])
    expect(calls).toEqual([
      'build',
      '--file=<context>/env/docker/Dockerfile',
      '--tag=registry.example/a:1',
      '--tag=b:2',
      '--tag=c:3',
      '--platform=linux/amd64,linux/arm64,linux/s390x',
      '--build-arg=A=b c',
      '--build-arg=--x',
      '--build-arg=B=1',
      '--label=k=v',
      '--secret=id=npmrc,src=/x',
      '--no-cache',
      '--output=type=oci',
      '--no-cache-filter=a',
      '--cgroup-parent=x',
      '--iidfile=/tmp/id',
      '--squash',
      '<context>',
    ])
  })

  it('gives the build variables of the environment as secrets, on no command line', async () => {
    const { calls, stderr } = await containerize(['docker', 'sudo'], ['hello', '--debug', '--run-as-root'], {
      env: { TOKEN: 'canary' },
    })
    expect(calls).toEqual(['build', ...own(), '--secret=id=TOKEN,env=TOKEN', '<context>'])
    expect(stderr).toContain('The build may read these variables of this environment: TOKEN.\n')
    expect(stderr).toContain('token: canary\n')
    expect(stderr).toContain('sudo: --preserve-env=DOCKER_BUILDKIT,DOCKER_SCAN_SUGGEST,TOKEN\n')
    expect(stderr).toMatch(/^\+ sudo --preserve-env=\S+,TOKEN \/\S+docker build /m)
    expect(stderr.match(/canary/g)).toHaveLength(1)
  })

  it('pushes with the build where the builder can, else after it', async () => {
    expect((await containerize(['docker'], ['hello', '--push'])).calls).toEqual([
      'build',
      ...own(),
      '--push',
      '<context>',
    ])
    const { calls } = await containerize(['podman'], ['hello', '--push', '-t', 'a', '-t', 'b:2'])
    expect(calls.slice(-4)).toEqual(['push', 'a', 'push', 'b:2'])
  })

  it('says what to install where there is no builder', async () => {
    const none = await containerize([], ['hello'])
    expect(none).toMatchObject({ code: 1, stdout: '' })
    expect(none.stderr).toMatch(
      /^error \[CONTAINERIZE_FAILED\]: There is no program on the PATH that makes images\.\nInstall one of docker/,
    )
    const { stderr } = await containerize(['docker'], ['hello', '--backend', 'podman'])
    expect(stderr).toMatch(
      /The backend podman needs podman, which is not on the PATH\.\nInstall it \(https:\S+\), or choose another/,
    )
  })

  it.each([
    [['hello', '--backend', 'kaniko'], 'kaniko'],
    [['hello', '-t', '--output=/etc'], 'cannot name an image'],
    [['hello', '--platform', 'linux'], 'is no platform'],
    [['hello', '--opt', '--'], 'is no option of a builder'],
    [['hello', '--opt', 'file=/x'], 'is no further option of a builder'],
    [[], 'missing'],
    [['hello', 'world'], 'too many arguments'],
  ])('takes %j for wrong usage', async (args, reason) => {
    const { code, stdout, stderr } = await containerize(['docker'], args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.toLowerCase()).toContain(reason)
  })

  it('refuses a backend of the environment that it does not know', async () => {
    const { code, stderr } = await containerize(['docker'], ['hello'], {
      env: { BENTOML_CONTAINERIZE_BACKEND: 'kaniko' },
    })
    expect(code).toBe(2)
    expect(stderr).toContain(
      'error [OPTION_INVALID]: BENTOML_CONTAINERIZE_BACKEND is "kaniko".\nUse one of docker, buildx,',
    )
  })

  it('refuses a tag of a bento that cannot name an image, and takes one that is given', async () => {
    const home = scratchHome()
    await packageService(builtService().snapshot, packageOptions(home, { name: 'a..b', version: 'v1' }))
    expect((await containerize(['docker'], ['a..b'], { home })).stderr).toContain(
      '"a..b:v1" cannot name an image.\nGive the image a name of its own: -t.',
    )
    expect((await containerize(['docker'], ['a..b', '-t', 'ab'], { home })).code).toBe(0)
  })

  it('refuses what is not there: the bento, its models, a bento of Node', async () => {
    expect((await containerize(['docker'], ['nothing'])).stderr).toContain('error [TAG_NOT_FOUND]')
    const home = await homeWithBento()
    rmSync(join(home, 'models/iris_clf'), { recursive: true })
    expect((await containerize(['docker'], ['hello'], { home })).stderr).toMatch(
      /\[TAG_NOT_FOUND\].*iris_clf:v2.*\nImport them\./,
    )
    const python = fixtureHome()
    const [name = ''] = readdirSync(join(python, 'bentos'))
    const { stderr, code } = await containerize(['docker'], [name], { home: python })
    expect(code).toBe(1)
    expect(stderr).toContain(
      'is no Node bento: it has no src/server.js.\nMake an image of a bento that was made in Python with "bentoml containerize".',
    )
  })

  it('refuses a platform that the lock of the bento has nothing for', async () => {
    const home = scratchHome()
    const { snapshot } = builtService()
    const folder = join(snapshot.projectRoot, 'node_modules/native')
    mkdirSync(folder, { recursive: true })
    const manifest = { name: 'native', version: '1.0.0', os: ['linux'], cpu: ['x64'] }
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
    addDependency(snapshot.projectRoot, manifest)
    snapshot.externals = [{ specifier: 'native', packageName: 'native', importer: snapshot.service, kind: 'static' }]
    await packageService(snapshot, packageOptions(home))
    expect((await containerize(['docker'], ['hello', '--platform', 'linux/amd64'], { home })).code).toBe(0)
    const { code, stderr } = await containerize(['docker'], ['hello', '--platform', 'linux/arm64'], { home })
    expect(code).toBe(1)
    expect(stderr).toMatch(/error \[PLATFORM_MISSING\].*linux\/arm64 lacks native@1\.0\.0/)
  })
})

function addDependency(root: string, { name, version, ...limits }: { name: string; version: string }): void {
  for (const file of ['package.json', 'package-lock.json']) {
    const value = JSON.parse(readFileSync(join(root, file), 'utf8'))
    const own = value.packages?.[''] ?? value
    own.dependencies = { [name]: version }
    if (value.packages !== undefined) {
      value.packages[`node_modules/${name}`] = { version, integrity: `sha512-${'A'.repeat(86)}==`, ...limits }
    }
    writeFileSync(join(root, file), JSON.stringify(value))
  }
}
