import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { BentoError } from '../core/errors.js'

/** The part of a model's context that names what made it. */
export interface FrameworkContext {
  frameworkName: string
  /** Package name to version. */
  frameworkVersions: Record<string, string>
}

/** Names npm allows, old upper-case ones included; above all no `..` and no absolute path. */
const PACKAGE_NAME = /^(?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*$/i

/**
 * Finds the version of an installed package, as Node would resolve it from a folder: the framework part of a model's
 * context.
 *
 * @param framework an npm package: `onnxruntime-node`, `@huggingface/transformers`.
 * @param fromDir where to begin looking, usually the working directory.
 * @returns the name, and its version where the package is installed; without one, `frameworkVersions` is empty.
 * @throws `OPTION_INVALID` when `framework` is no package name.
 */
export async function detectFramework(framework: string, fromDir: string): Promise<FrameworkContext> {
  if (!PACKAGE_NAME.test(framework)) {
    throw new BentoError('OPTION_INVALID', `The framework ${JSON.stringify(framework)} is not the name of a package.`, {
      hint: 'Give the npm package the model runs with, such as onnxruntime-node.',
    })
  }
  for (let dir = resolve(fromDir); ; dir = dirname(dir)) {
    const version = await readVersion(join(dir, 'node_modules', framework, 'package.json'))
    if (version !== undefined) return { frameworkName: framework, frameworkVersions: { [framework]: version } }
    if (dirname(dir) === dir) return { frameworkName: framework, frameworkVersions: {} }
  }
}

async function readVersion(path: string): Promise<string | undefined> {
  try {
    const manifest: unknown = JSON.parse(await readFile(path, 'utf8'))
    const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : ''
    return typeof version === 'string' ? version : ''
  } catch {
    // Not installed here, or not readable: Node, too, would look further up.
    return undefined
  }
}
