import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DEFAULT_IMAGE } from '../../src/bento/image-options.js'
import { packageService } from '../../src/bento/package-service.js'
import type { BentoEnv, ImageOptions, PackageOptions } from '../../src/bento/types.js'
import { resolveOptions } from '../../src/config/resolve-options.js'
import { containerize } from '../../src/container/index.js'
import { parseYaml } from '../../src/core/yaml.js'
import { BentoStore } from '../../src/store/index.js'
import { BentoStore as TransferStore } from '../../src/transfer/index.js'
import { instructions, instructionWords } from '../support/dockerfile.js'
import { scratchFolder, scratchHome } from '../support/home.js'
import { builtService, packageOptions } from './built-service.js'

/** A bento of a small service, as files that can be read. */
interface Packed {
  dockerfile: string
  manifest: { image: { base_image: string; commands: string[]; post_commands: string[]; build_include: string[] } }
  read(path: string): string
}

interface Trial {
  options?: Partial<PackageOptions>
  image?: Partial<ImageOptions>
  /** Files of the project. */
  files?: Readonly<Record<string, string>>
  /** Links of the project, path to target. */
  links?: Readonly<Record<string, string>>
}

async function pack({ options = {}, image = {}, files = {}, links = {} }: Trial): Promise<Packed> {
  const home = scratchHome()
  const { snapshot } = builtService()
  for (const [path, text] of Object.entries(files)) writeFileSync(join(snapshot.projectRoot, path), text)
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(snapshot.projectRoot, path))
  const all = packageOptions(home, { ...options, image: { ...DEFAULT_IMAGE, ...image } })
  try {
    const report = await packageService(snapshot, all)
    const read = (path: string) => readFileSync(join(report.path, path), 'utf8')
    const manifest = parseYaml(read('bento.yaml'), 'bento.yaml') as unknown as Packed['manifest']
    return { dockerfile: read('env/docker/Dockerfile'), manifest, read }
  } catch (error) {
    expect(existsSync(join(home, 'bentos'))).toBe(false)
    throw error
  }
}

const refused = expect.objectContaining({ code: 'OPTION_INVALID' })
const env = (name: string, value: string, stage: BentoEnv['stage'] = 'all'): BentoEnv => ({ name, value, stage })

/** Refused where the config is read, and once more where a bento is made, whoever asks for it. */
async function expectRefused(image: Partial<ImageOptions>): Promise<void> {
  expect(() => resolveOptions({ image })).toThrow(refused)
  await expect(pack({ image })).rejects.toEqual(refused)
}

describe('CVE-2026-33744, GHSA-jfjg-vc52-wqvf and CVE-2026-35043, GHSA-fgv4-6jr3-jgfw: system packages run as shell', () => {
  it.each([
    'ffmpeg; id',
    'ffmpeg && id',
    'ffmpeg|id',
    '$(id)',
    '`id`',
    '-oDPkg::Pre-Invoke::=id',
    'ffmpeg\nRUN id',
    'ffmpeg\\',
    'ffmpeg #',
    "ffmpeg'",
    'ffmpeg>x',
    '*',
    '',
  ])('refuses %j', name => expectRefused({ systemPackages: ['curl', name] }))

  it('takes what a package manager does', async () => {
    const systemPackages = ['g++', 'libc6:arm64', 'curl=7.88.1-10+deb12u1', 'x264~0.164', 'python3.11']
    const { dockerfile, manifest } = await pack({ image: { systemPackages } })
    const command = `apt-get update && apt-get install -y --no-install-recommends ${systemPackages.join(' ')} && rm -rf /var/lib/apt/lists/*`
    expect(instructions(dockerfile)).toContainEqual({ word: 'RUN', rest: command })
    expect(manifest.image.commands[0]).toBe(command)
  })
})

describe('CVE-2026-35044, GHSA-v959-cwq9-7hr6: a template runs code where the image is made', () => {
  it('takes a template as the text it is', async () => {
    const lines = [
      "RUN echo {{ ''.__class__.__mro__[1].__subclasses__() }} {% import 'os' as os %}",
      `RUN echo \${process.exit(7)} <%= process.exit(7) %> \`id\``,
    ]
    const files = { 'Dockerfile.template': `# bento:block before-packages\n${lines.join('\n')}\n` }
    const { dockerfile } = await pack({ image: { template: 'Dockerfile.template' }, files })
    expect(dockerfile).toContain(`\n${lines.join('\n')}\n`)
  })
})

describe('CVE-2026-44345: a base image brings instructions of its own', () => {
  it.each([
    'node:24\nRUN id',
    'node:24\r\nRUN id',
    'node:24\u2028RUN id',
    'node:24 AS x',
    'node:24 # x',
    '--platform=linux/arm64 node:24',
    'node:$TAG',
    'node:24\\',
    'docker-archive:/etc/x.tar',
    'Node:24',
    'node:',
    '',
  ])('refuses the base %j', base => expectRefused({ base }))

  it.each(['24\nRUN id', '24 AS x', 'lts', '24@sha256:0'])('refuses the version %j', node => expectRefused({ node }))

  it.each(['registry.example:5000/base/node:24', `node@sha256:${'a'.repeat(64)}`, 'localhost/node', 'node:24-slim'])(
    'takes %s',
    async base => {
      const { dockerfile, manifest } = await pack({ image: { base } })
      expect(instructions(dockerfile)[0]).toEqual({ word: 'FROM', rest: base })
      expect(manifest.image.base_image).toBe(base)
    },
  )
})

describe('CVE-2026-44346, GHSA-w2pm-x38x-jp44: the name of a variable brings instructions of its own', () => {
  it.each(['A\nRUN id\nENV B', 'A=x B', 'A B', '1A', 'A-B', '$A', ''])('refuses %j', async name => {
    expect(() => resolveOptions({ envs: [{ name, value: '' }] })).toThrow(refused)
    await expect(pack({ options: { envs: [env(name, 'x')] } })).rejects.toEqual(refused)
  })
})

describe('BentoML #5656: the value of a variable brings instructions of its own', () => {
  it.each(['x\nRUN id', "x'\nRUN id", 'x\rRUN id', 'x\u0085RUN id', 'x\u2028RUN id', 'x\0'])(
    'refuses %j',
    async value => {
      await expect(pack({ options: { envs: [env('A', value)] } })).rejects.toEqual(refused)
    },
  )

  const ODD = [
    '"; RUN id; "',
    "it's",
    `$HOME \${PATH} $(id) \`id\``,
    '\\',
    'a\\',
    '\\"',
    '# x',
    '<<EOF',
    '--mount=x',
    ' x ',
  ]

  it('keeps every other value within its quotes, in Dockerfile, entrypoint and stub', async () => {
    const stages = ['all', 'build', 'runtime'] as const
    const named = ODD.flatMap((value, index) => stages.map(stage => env(`V${index}_${stage}`, value, stage)))
    const odd = await pack({ options: { envs: named } })
    const plain = await pack({ options: { envs: named.map(one => ({ ...one, value: 'plain' })) } })
    expect(instructionWords(odd.dockerfile)).toEqual(instructionWords(plain.dockerfile))
    for (const { name, value, stage } of named) {
      const word = stage === 'build' ? 'ARG' : 'ENV'
      const { rest = '' } =
        instructions(odd.dockerfile).find(one => one.word === word && one.rest.startsWith(name)) ?? {}
      // Docker takes double quotes as a POSIX shell does, but for the backtick, which is plain to it.
      const shell = rest.replaceAll('`', '\\`')
      expect(execFileSync('sh', ['-c', `${shell}; printf %s "$${name}"`], { encoding: 'utf8' })).toBe(value)
    }
    const runtime = named.filter(({ stage }) => stage === 'runtime')
    const entrypoint = `${odd.read('env/docker/entrypoint.sh').split('\n# BentoML')[0]}\nenv`
    const seen = execFileSync('sh', ['-c', entrypoint], { encoding: 'utf8' }).split('\n')
    expect(seen).toEqual(expect.arrayContaining(runtime.map(({ name, value }) => `${name}=${value}`)))
  })
})

describe('GHSA-fv49-5c3q-vm6c: other ways into the Dockerfile', () => {
  it.each(['true\nUSER root', 'true \\', 'cat <<EOF', 'cat 3<<-EOF && id', 'true\u2028id', ' '])(
    'refuses the command %j, which would not stay on its line',
    async command => {
      await expectRefused({ commands: [command] })
      await expectRefused({ postCommands: [command] })
    },
  )

  it('has each command on a line of its own', async () => {
    const commands = ['echo "#" $((1 << 2)) $((1<<2)) <<<x', 'USER root', '# bento:block end']
    const { dockerfile } = await pack({ image: { commands } })
    const runs = instructions(dockerfile).filter(({ word }) => word === 'RUN')
    expect(runs.slice(1, 4).map(({ rest }) => rest)).toEqual(commands)
    expect(instructionWords(dockerfile).slice(-5)).toEqual([
      'USER',
      'EXPOSE',
      'STOPSIGNAL',
      'HEALTHCHECK',
      'ENTRYPOINT',
    ])
  })

  it('has labels and description nowhere in the Dockerfile', async () => {
    const line = 'x\nRUN id # "'
    const plain = await pack({})
    const odd = await pack({ options: { labels: { 'a b': line }, description: line } })
    expect(odd.dockerfile).toBe(plain.dockerfile)
    expect(odd.manifest).toMatchObject({ labels: { 'a b': line } })
  })

  it.each(['--output=/etc', 'a b', 'x\nRUN', 'x;id', 'x,y', 'Iris:v1', 'iris:', ''])(
    'refuses to name an image %j',
    async tag => {
      await expect(containerize({ bento: 'hello', home: scratchHome(), tags: [tag] })).rejects.toEqual(refused)
    },
  )
})

describe('CVE-2026-24123, GHSA-6r62-w2q3-48hf: options that name files take any file of the machine', () => {
  describe.each([
    {
      option: 'description',
      place: 'README.md',
      trial: (path: string): Trial => ({ options: { description: `file:${path}` } }),
    },
    {
      option: 'setupScript',
      place: 'env/docker/setup_script',
      trial: (path: string): Trial => ({ image: { setupScript: path } }),
    },
    {
      option: 'template',
      place: 'env/docker/Dockerfile',
      trial: (path: string): Trial => ({ image: { template: path } }),
    },
  ])('$option', ({ place, trial }) => {
    it.each([
      '/etc/passwd',
      '../../../../../../etc/passwd',
      'src/../../outside',
      'link',
      'folder/passwd',
      'src',
      'nothing',
    ])('refuses %s', async path => {
      const outside = scratchFolder()
      writeFileSync(join(outside, 'passwd'), 'secret')
      const links = { link: '/etc/passwd', folder: outside }
      await expect(pack({ ...trial(path), links })).rejects.toEqual(refused)
    })

    it('takes a link to a file of the project', async () => {
      const { read } = await pack({
        ...trial('link'),
        files: { real: '# bento:block code\nCOPY . .\n' },
        links: { link: 'real' },
      })
      expect(read(place)).toContain('COPY . .')
    })
  })
})

describe('CVE-2026-40610, GHSA-mcfx-4vc6-qgxv: a link takes a file of the machine into the bento', () => {
  it.each([
    ['emitted', {}],
    ['included', { include: ['data/'] }],
  ])('refuses one that is %s', async (how, options) => {
    const { snapshot } = builtService()
    const outside = scratchFolder()
    writeFileSync(join(outside, 'id_ed25519'), 'secret')
    const folder = how === 'emitted' ? snapshot.outDir : join(snapshot.projectRoot, 'data')
    mkdirSync(folder, { recursive: true })
    symlinkSync(join(outside, 'id_ed25519'), join(folder, 'key.txt'))
    if (how === 'emitted') snapshot.files.push('key.txt')
    const home = scratchHome()
    await expect(packageService(snapshot, packageOptions(home, options))).rejects.toMatchObject({
      code: 'SERVICE_UNSUPPORTED',
    })
    expect(existsSync(join(home, 'bentos'))).toBe(false)
  })
})

describe('CVE-2026-27905, GHSA-m6w7-qv66-g3mf: an archive writes through a link', () => {
  it('refuses the whole import, and writes nothing', async () => {
    const [inside, outside, home] = [scratchFolder(), scratchFolder(), scratchHome()]
    const { path } = await packageService(builtService().snapshot, packageOptions(home))
    execFileSync('cp', ['-R', `${path}/.`, inside])
    symlinkSync(outside, join(inside, 'src/out'))
    const archive = join(scratchFolder(), 'evil.tar')
    execFileSync('tar', ['-cf', archive, '-C', inside, '.'])
    mkdirSync(join(inside, 'more'))
    writeFileSync(join(inside, 'more/pwned'), 'pwned')
    execFileSync('tar', ['-rf', archive, '--transform=s,^more,src/out,', '-C', inside, 'more/pwned'])
    const other = scratchHome()
    await expect(new TransferStore(other).importBento(archive)).rejects.toMatchObject({
      code: expect.stringMatching(/^ENTRY_/),
    })
    expect(existsSync(join(outside, 'pwned'))).toBe(false)
    expect(await new BentoStore(other).list()).toEqual([])
  })
})

describe('the name of a folder of the project', () => {
  it.each(["packages/it's $(id)", 'packages/"x" && id', 'packages/plain'])('%s stays a name', async folder => {
    const home = scratchHome()
    const { snapshot } = builtService()
    const { projectRoot } = snapshot
    const own = { name: 'local-util', version: '1.0.0' }
    mkdirSync(join(projectRoot, folder), { recursive: true })
    writeFileSync(join(projectRoot, folder, 'package.json'), JSON.stringify(own))
    writeFileSync(join(projectRoot, folder, 'index.js'), '')
    const root = { name: 'hello-service', version: '3.2.1', dependencies: { 'local-util': `file:${folder}` } }
    const packages = { '': root, 'node_modules/local-util': { resolved: folder, link: true }, [folder]: own }
    writeFileSync(join(projectRoot, 'package.json'), JSON.stringify({ ...root, type: 'module' }))
    const lock = { ...root, dependencies: undefined, lockfileVersion: 3, requires: true, packages }
    writeFileSync(join(projectRoot, 'package-lock.json'), JSON.stringify(lock))
    mkdirSync(join(projectRoot, 'node_modules'))
    symlinkSync(join('..', folder), join(projectRoot, 'node_modules/local-util'))
    snapshot.externals = [
      { specifier: 'local-util', packageName: 'local-util', importer: snapshot.service, kind: 'static' },
    ]
    const { path } = await packageService(snapshot, packageOptions(home))
    const copies = instructions(readFileSync(join(path, 'env/docker/Dockerfile'), 'utf8'))
      .filter(({ word, rest }) => word === 'COPY' && rest.startsWith('['))
      .map(({ rest }) => JSON.parse(rest))
    const [[from = '', to = '']] = copies as [[string, string]]
    expect(to).toBe(from.replace('src/', './'))
    expect(existsSync(join(path, from, 'index.js'))).toBe(true)
    const { image } = parseYaml(
      readFileSync(join(path, 'bento.yaml'), 'utf8'),
      'bento.yaml',
    ) as unknown as Packed['manifest']
    const plain = ['package.json', 'package-lock.json', from.slice('src/'.length, -1)]
    // BentoML writes each after COPY as it is; where that would not do, it copies all of src/.
    expect(image.build_include).toEqual(/^[\w/-]+$/.test(plain[2] ?? '') ? plain : ['.'])
  })
})
