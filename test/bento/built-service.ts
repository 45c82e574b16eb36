import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DEFAULT_IMAGE } from '../../src/bento/image-options.js'
import type { ModelPin, PackageOptions, ServiceSnapshot } from '../../src/bento/types.js'
import { ModelStore } from '../../src/store/model-store.js'
import { scratchFolder } from '../support/home.js'

/** What a bundler would have left of a small service. */
export const EMITTED: Readonly<Record<string, string>> = {
  'service.js':
    "import { greet } from './assets/greet-x1.js'\nexport default { fetch: () => new Response(greet()) }\n//# sourceMappingURL=service.js.map\n",
  'service.js.map': '{"version":3,"sources":[],"mappings":""}',
  'assets/greet-x1.js': "export const greet = () => 'hello'\n",
}

/** A bundled service in a temporary project, and what the plugin would pass on. */
export interface BuiltService {
  snapshot: ServiceSnapshot
  /** Replaces or adds an emitted file. */
  emit(path: string, text: string): void
}

/**
 * Writes a project without packages and its output.
 *
 * @param projectRoot by default a folder that is removed when the test ends
 */
export function builtService(
  files: Readonly<Record<string, string>> = EMITTED,
  projectRoot: string = scratchFolder(),
): BuiltService {
  const outDir = join(projectRoot, 'dist/server')
  const manifest = { name: 'hello-service', version: '3.2.1', type: 'module', engines: { node: '>=20' } }
  write(join(projectRoot, 'package.json'), JSON.stringify(manifest))
  const { type: _, ...root } = manifest
  const lock = {
    name: manifest.name,
    version: manifest.version,
    lockfileVersion: 3,
    requires: true,
    packages: { '': root },
  }
  write(join(projectRoot, 'package-lock.json'), JSON.stringify(lock))
  write(join(projectRoot, 'src/service.ts'), 'export default {}')
  const snapshot: ServiceSnapshot = {
    projectRoot,
    service: join(projectRoot, 'src/service.ts'),
    outDir,
    files: [],
    entry: 'service.js',
    entryIsImported: false,
    mode: 'handler',
    externals: [],
    pins: [],
    openapi: undefined,
    traced: [],
    outputs: [],
    bundler: 'vite 8.3.8',
  }
  const emit = (path: string, text: string) => {
    write(join(outDir, path), text)
    if (!snapshot.files.includes(path)) snapshot.files.push(path)
  }
  for (const [path, text] of Object.entries(files)) emit(path, text)
  return { snapshot, emit }
}

/** Options as the plugin resolves them, with nothing set. */
export function packageOptions(home: string, options: Partial<PackageOptions> = {}): PackageOptions {
  return {
    name: 'hello',
    version: 'content',
    labels: {},
    description: undefined,
    envs: [],
    args: {},
    image: DEFAULT_IMAGE,
    includeDependencies: [],
    platforms: [],
    include: [],
    exclude: [],
    home,
    ...options,
  }
}

/** Saves a small model in the store and pins it, as the plugin does. */
export async function pinnedModel(home: string, tag = 'iris_clf:v2', text = 'weights'): Promise<ModelPin> {
  const store = new ModelStore(home)
  const model = await store.create(tag, {}, dir => writeFileSync(join(dir, 'model.onnx'), text))
  const { digest, size } = await store.digest(model)
  return { requests: [`${model.tag.name}:latest`], alias: undefined, tag: model.tag, digest, size, info: model.info }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
