import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { installCommand } from '../../src/bento/install-command.js'
import { pythonStub } from '../../src/bento/python-stub.js'
import { readmeText } from '../../src/bento/readme.js'
import { sbomText } from '../../src/bento/sbom.js'
import { isSecretPath, tokenIn } from '../../src/bento/secrets.js'
import { nameProblem } from '../../src/core/file-name.js'
import { scratchFolder, scratchHome } from '../support/home.js'
import { describeNeeding } from '../support/needs.js'
import { findPython } from '../support/python.js'
import { pinnedModel } from './built-service.js'

const LOCK = JSON.stringify({
  lockfileVersion: 3,
  packages: {
    '': { dependencies: { '@scope/a': '^1.0.0', alias: 'npm:real@^2.0.0', util: '*' } },
    'node_modules/@scope/a': {
      version: '1.2.3+build',
      integrity: 'sha512-3q2+7w==',
      license: 'MIT',
      dependencies: { b: '^1.0.0' },
    },
    'node_modules/@scope/a/node_modules/b': { version: '1.0.0', license: '(MIT OR Apache-2.0)', optional: true },
    'node_modules/alias': {
      name: 'real',
      version: '2.0.0',
      license: 'SEE LICENSE IN LICENSE.txt',
      peerDependencies: { b: '*' },
    },
    'node_modules/b': { version: '3.0.0' },
    'node_modules/util': { resolved: 'packages/util', link: true },
    'packages/util': { name: 'util', version: '0.1.0', dependencies: { b: '*', missing: '*' } },
  },
})

describe('bill of materials', () => {
  it('lists packages and models, with who needs whom', async () => {
    const pin = await pinnedModel(scratchHome())
    const bom = JSON.parse(sbomText('iris', LOCK, [pin]))
    expect(bom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 })
    expect(bom.metadata).toEqual({ component: { type: 'application', 'bom-ref': 'iris', name: 'iris' } })
    const byName = Object.fromEntries(bom.components.map((part: { 'bom-ref': string }) => [part['bom-ref'], part]))
    expect(byName['pkg:npm/%40scope/a@1.2.3%2Bbuild']).toEqual({
      type: 'library',
      'bom-ref': 'pkg:npm/%40scope/a@1.2.3%2Bbuild',
      name: '@scope/a',
      version: '1.2.3+build',
      scope: 'required',
      hashes: [{ alg: 'SHA-512', content: 'deadbeef' }],
      licenses: [{ expression: 'MIT' }],
      purl: 'pkg:npm/%40scope/a@1.2.3%2Bbuild',
    })
    expect(byName['pkg:npm/b@1.0.0']).toMatchObject({
      scope: 'optional',
      licenses: [{ expression: '(MIT OR Apache-2.0)' }],
    })
    expect(byName['pkg:npm/real@2.0.0'].licenses).toEqual([{ license: { name: 'SEE LICENSE IN LICENSE.txt' } }])
    expect(byName['bento:model/iris_clf@v2']).toMatchObject({
      type: 'machine-learning-model',
      properties: [
        { name: 'bento:digest', value: pin.digest },
        { name: 'bento:size', value: '7' },
      ],
    })
    expect(
      Object.fromEntries(
        bom.dependencies.map((item: { ref: string; dependsOn: string[] }) => [item.ref, item.dependsOn]),
      ),
    ).toEqual({
      iris: ['bento:model/iris_clf@v2', 'pkg:npm/%40scope/a@1.2.3%2Bbuild', 'pkg:npm/real@2.0.0', 'pkg:npm/util@0.1.0'],
      'bento:model/iris_clf@v2': [],
      'pkg:npm/%40scope/a@1.2.3%2Bbuild': ['pkg:npm/b@1.0.0'],
      'pkg:npm/b@1.0.0': [],
      'pkg:npm/b@3.0.0': [],
      'pkg:npm/real@2.0.0': ['pkg:npm/b@3.0.0'],
      'pkg:npm/util@0.1.0': ['pkg:npm/b@3.0.0'],
    })
  })

  it('has nothing that differs from build to build', () => {
    expect(sbomText('iris', LOCK, [])).toBe(sbomText('iris', LOCK, []))
    expect(sbomText('iris', LOCK, [])).not.toMatch(/serialNumber|timestamp/)
  })
})

describe('README', () => {
  const facts = { name: 'iris', description: undefined, pins: [], packages: {}, envs: [], node: '>=20' }

  it('says what the bento is and how to run it', () => {
    const text = readmeText(facts)
    expect(text).toMatch(/^# iris\n/)
    expect(text).toContain('bento serve iris:latest --port 3000')
    expect(text).not.toMatch(/## (Models|Packages|Environment)/)
  })

  it('begins with the words of the author, then lists models, packages and variables without their values', async () => {
    const text = readmeText({
      ...facts,
      description: '# Iris\n\nSorts flowers.\n',
      pins: [await pinnedModel(scratchHome())],
      packages: { hono: '4.9.0', '@a/b': '1.0.0' },
      envs: [{ name: 'API_KEY', value: 'hunter2', stage: 'runtime' }],
    })
    expect(text).toMatch(/^# Iris\n\nSorts flowers\.\n\n## Models\n/)
    expect(text).toContain('| `iris_clf:v2` | 7.00 B | `sha256:')
    expect(text).toContain('| `@a/b` | `1.0.0` |\n| `hono` | `4.9.0` |')
    expect(text).toContain('| `API_KEY` | runtime |')
    expect(text).not.toContain('hunter2')
  })
})

describe('names', () => {
  it.each([
    '.env',
    '.env.local',
    'a/.NPMRC',
    '.aws/config',
    'x/.git/HEAD',
    '.config/gcloud/key',
    'tls/a.pem',
    'id_ed25519',
    'credentials-prod.json',
    '_netrc',
  ])('%s is that of a secret', path => expect(isSecretPath(path)).toBe(true))

  it.each([
    '.env.example',
    'env.js',
    'environment.js',
    'assets/keys.js',
    'monkey.json',
    'gcloud/a',
    '.gitignore',
    'a.pem.js',
  ])('%s is not', path => expect(isSecretPath(path)).toBe(false))

  it.each([
    ['a.js', undefined],
    ['a/b c/ü.js', undefined],
    ['', 'it is empty'],
    ['a//b', 'it is not in its simplest form'],
    ['./a', 'it is not in its simplest form'],
    ['a/../b', 'it leads out of its folder'],
    ['/a', 'it is absolute'],
    ['C:/a', 'it is absolute'],
    ['a\u202eb', 'it holds control or invisible characters'],
    [`${'d/'.repeat(64)}a`, 'it is more than 64 folders deep'],
    ['ü'.repeat(128), 'a part is longer than 255 bytes'],
    [`${`${'a'.repeat(200)}/`.repeat(6)}a`, 'it is longer than 1024 bytes'],
  ])('%j: %s', (path, problem) => expect(nameProblem(path)).toBe(problem))
})

describe('tokens', () => {
  it.each([
    [`npm_${'a'.repeat(36)}`, 'an npm token'],
    [`ghp_${'a'.repeat(36)}`, 'a GitHub token'],
    [`-----BEGIN RSA PRIVATE KEY-----\n${'A'.repeat(40)}`, 'a private key'],
    ["if (text.startsWith('-----BEGIN PRIVATE KEY-----'))", undefined],
    ['npm_config_registry', undefined],
  ])('in %j: %s', (text, what) => expect(tokenIn(`const x = "${text}"`)).toBe(what))
})

describe('install command', () => {
  it('runs no scripts but those allowed, of packages that are there', () => {
    expect(installCommand('.', [])).toBe('npm ci --omit=dev --ignore-scripts --no-audit --no-fund')
    const folder = scratchFolder()
    writeFileSync(join(folder, 'npm'), '#!/bin/sh\necho "$@"\n', { mode: 0o755 })
    execFileSync('mkdir', ['-p', join(folder, "src/node_modules/it's here")])
    const command = installCommand('src', ["node_modules/it's here", 'node_modules/not-here'])
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` }
    expect(execFileSync('sh', ['-c', command], { cwd: folder, env, encoding: 'utf8' }).split('\n')).toEqual([
      'ci --prefix src --omit=dev --ignore-scripts --no-audit --no-fund',
      "rebuild --prefix src ./src/node_modules/it's here",
      '',
    ])
  })
})

const ENVS = [{ name: 'QUOTES', value: `it's "odd" \\ $HOME 漢`, stage: 'all' as const }]
const python = findPython('ast')
describeNeeding(python === undefined ? 'Python' : undefined, 'Python stub', () => {
  it.each([true, false])('is Python that declares one service (packages: %s)', needsPackages => {
    const program = `
import ast, json, sys
tree = ast.parse(sys.stdin.read())
service = next(node for node in tree.body if isinstance(node, ast.ClassDef))
keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in service.decorator_list[0].keywords}
variables = next(node.value for node in tree.body if ast.unparse(node).startswith("VARIABLES ="))
print(json.dumps([service.name, keywords["name"], keywords["endpoints"], ast.literal_eval(variables)]))`
    const text = execFileSync(python as string, ['-c', program], {
      input: pythonStub({ name: 'my-iris.v1', envs: ENVS, needsPackages }),
      encoding: 'utf8',
    })
    expect(JSON.parse(text)).toEqual([
      'Service',
      "'my-iris.v1'",
      "{'livez': '/livez', 'readyz': '/readyz'}",
      { QUOTES: ENVS[0]?.value },
    ])
  })
})
