import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { create } from 'tar'
import { onTestFinished } from 'vitest'
import { buildRuntime } from '../../scripts/build-runtime.js'
import { fullTag } from '../../src/core/tag.js'
import { BentoStore } from '../../src/store/index.js'
import { ServiceProcess, scratchFolder, writeFiles } from '../runtime/service-process.js'

const repository = join(dirname(fileURLToPath(import.meta.url)), '../..')

/** A package of the test's own registry. */
export interface TinyPackage {
  name: string
  version: string
  scripts?: Record<string, string>
  files?: Record<string, string>
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

/** A real npm registry on the loopback, with packages made on the spot. */
export class TinyRegistry {
  /** Paths that were asked for. */
  readonly asked: string[] = []
  readonly #tarballs = new Map<string, Buffer>()
  readonly #packages: TinyPackage[]
  readonly #server = createServer((request, response) => this.#answer(request, response))

  constructor(packages: TinyPackage[]) {
    this.#packages = packages
  }

  async start(): Promise<this> {
    const folder = scratchFolder()
    for (const { name, version, files = {}, ...manifest } of this.#packages) {
      const root = join(folder, `${name}-${version}`)
      writeFiles(join(root, 'package'), {
        'package.json': JSON.stringify({ name, version, ...manifest }),
        'index.js': `module.exports = ${JSON.stringify(`${name} ${version}`)}`,
        ...files,
      })
      const file = join(root, 'package.tgz')
      await create({ gzip: true, portable: true, cwd: root, file }, ['package'])
      this.#tarballs.set(`/${name}/-/${name}-${version}.tgz`, readFileSync(file))
    }
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void this.#server.close())
    return this
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  integrity(name: string, version: string): string {
    const tarball = this.#tarballs.get(`/${name}/-/${name}-${version}.tgz`) as Buffer
    return `sha512-${createHash('sha512').update(tarball).digest('base64')}`
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(request.url ?? '')
    this.asked.push(path)
    const found = this.#tarballs.get(path) ?? this.#document(path.slice(1))
    response.writeHead(found === undefined ? 404 : 200).end(found)
  }

  #document(name: string): string | undefined {
    const found = this.#packages.filter(each => each.name === name)
    if (found.length === 0) return undefined
    const versions = found.map(({ files: _files, ...manifest }) => {
      const { version } = manifest
      const dist = { tarball: `${this.url}${name}/-/${name}-${version}.tgz`, integrity: this.integrity(name, version) }
      return [version, { ...manifest, dist }]
    })
    return JSON.stringify({ name, versions: Object.fromEntries(versions), 'dist-tags': { latest: found[0]?.version } })
  }
}

/** What a handmade bento is to be. */
export interface BentoPlan {
  /** Files of `src/`. */
  files: Record<string, string>
  packageJson?: Record<string, unknown>
  /** Entries of the lock besides the root's. */
  packages?: Record<string, object>
  envs?: { name: string; value: string; stage: string }[]
}

/** Writes a bento folder by hand; returns its path. */
export function bentoFolder(plan: BentoPlan, folder = scratchFolder()): string {
  const { files, packageJson = {}, packages, envs = [] } = plan
  const manifest = { name: 'served', version: '1.0.0', type: 'module', ...packageJson }
  const lock = { name: 'served', version: '1.0.0', lockfileVersion: 3, requires: true }
  writeFiles(folder, {
    'bento.yaml': manifestText(envs),
    'src/package.json': JSON.stringify(manifest),
    ...(packages && { 'src/package-lock.json': JSON.stringify({ ...lock, packages: { '': manifest, ...packages } }) }),
    ...Object.fromEntries(Object.entries(files).map(([path, text]) => [`src/${path}`, text])),
  })
  return folder
}

/** The same as an item of the store. */
export async function storedBento(home: string, plan: BentoPlan): Promise<string> {
  const draft = await new BentoStore(home).begin()
  bentoFolder(plan, draft.dir)
  writeFiles(draft.dir, { SHA256SUMS: createHash('sha256').update(JSON.stringify(plan)).digest('hex') })
  const bento = await draft.publish(fullTag('served', 'v1'), { latest: 'newest' })
  return bento.path
}

function manifestText(envs: object[]): string {
  return `service: service:Service
name: served
version: v1
bentoml_version: 1.4.39
creation_time: '2024-01-02T03:04:05+00:00'
labels: {}
models: []
entry_service: served
services: []
envs: ${JSON.stringify(envs)}
schema: {}
args: {}
spec: 2
image:
  base_image: node:22
  python_version: '3.11'
  commands: []
  python_requirements: ''
  post_commands: []
`
}

/** `src/server.js` in handler mode with the real runtime. */
export async function handlerFiles(service: string): Promise<Record<string, string>> {
  const built = scratchFolder()
  await buildRuntime(built)
  return {
    'bento-runtime.js': readFileSync(join(built, 'server.js'), 'utf8'),
    'server.js': "import { start } from './bento-runtime.js'\n\nawait start(() => import('./service.js'))\n",
    'service.js': service,
  }
}

/** A process that serves a bento, as `bento serve` does. */
export function serve(options: Record<string, unknown>, env: Record<string, string> = {}): ServiceProcess {
  const module = pathToFileURL(join(repository, 'dist/serve/serve-bento.js')).href
  const script = `
    import { serveBento } from ${JSON.stringify(module)}
    try {
      process.exitCode = await serveBento({ ...${JSON.stringify(options)}, onLine: line => console.error(line) })
    } catch (error) {
      console.error(error.code + ': ' + error.message)
      process.exitCode = 70
    }`
  const cache = scratchFolder()
  return new ServiceProcess(['--input-type=module', '-e', script], cache, {
    npm_config_cache: join(cache, 'npm'),
    ...env,
  })
}

/** A store home that is gone once the test is over. */
export function scratchHome(): string {
  const home = join(scratchFolder(), 'home')
  mkdirSync(home)
  return home
}
