import { readFile } from 'node:fs/promises'
import type { Model } from '../store/index.js'
import { RUNTIME_IMPORT } from './model-ids.js'
import { sourceLiteral } from './source-literal.js'

/** The module of a model while developing and testing: `path` is the store's folder. */
export function devModule(model: Pick<Model, 'tag' | 'path' | 'info'>): string {
  const { tag, path, info } = model
  return `export default ${sourceLiteral({ tag: String(tag), path, info })}\n`
}

/**
 * The module of a model in a bento. Where the model lies is only known when the bento runs, and only asked when the
 * service wants it: `path` is a getter, and is enumerable so that the object looks the same as in development.
 */
export function builtModule(model: Pick<Model, 'tag' | 'info'>): string {
  const tag = sourceLiteral(String(model.tag))
  return `import { modelPath } from '${RUNTIME_IMPORT}'
export default {
  tag: ${tag},
  get path() {
    return modelPath(${tag}, import.meta.url)
  },
  info: ${sourceLiteral(model.info)},
}
`
}

/** What {@link RUNTIME_IMPORT} holds: the run-time part of this package, which imports Node's own modules only. */
export function runtimeModule(): Promise<string> {
  return readFile(new URL('../../dist/runtime/model-path.js', import.meta.url), 'utf8')
}
