import { BentoError } from '../core/errors.js'
import { parseModelRequest } from '../core/request.js'
import { Tag } from '../core/tag.js'
import type { Model } from './model.js'
import type { ModelStore } from './model-store.js'

/**
 * Finds the model that a request means: `name`, `name:latest`, `name:version` or the unique beginning of a version, an
 * alias, or `name?stage=production` for the newest version with those labels.
 *
 * @param aliases alias to request; an alias wins over a model of the same name, and its own request is never an alias
 * @throws `REQUEST_INVALID`; `TAG_NOT_FOUND` naming the store and those alike; `TAG_AMBIGUOUS`, `MANIFEST_INVALID`,
 * `HOME_INVALID`, `IO_FAILED`
 * @example
 * ```ts
 * await resolveModel(models, 'iris_clf?stage=production')
 * await resolveModel(models, 'classifier', new Map([['classifier', 'iris_clf:v2']]))
 * ```
 */
export async function resolveModel(
  store: ModelStore,
  request: string,
  aliases: ReadonlyMap<string, string> = new Map(),
): Promise<Model> {
  const asked = parseModelRequest(request)
  const meant = asked.bare ? aliases.get(asked.name) : undefined
  const { name, version, labels } = meant === undefined ? asked : parseModelRequest(meant)
  if (labels === undefined) return store.get(new Tag(name, version))
  const [newest] = await store.list(name, { labels })
  if (newest !== undefined) return newest
  const wanted = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
  throw new BentoError(
    'TAG_NOT_FOUND',
    `No version of model ${name} in ${store.root} has the labels ${wanted.join(', ')}.`,
    {
      hint: `See the labels with "bento models get ${name}".`,
      details: { request, labels },
    },
  )
}
