import { resolve } from 'node:path'
import { BentoError } from '../core/errors.js'
import { bentoHome } from '../core/home.js'
import { isImageTag } from '../core/image-reference.js'
import { visible } from '../core/text.js'
import { BentoStore } from '../transfer/bento-store.js'
import { findBuilder } from './backends.js'
import { stageBuildContext } from './build-context.js'
import { buildWords, secretVariables } from './builder-arguments.js'
import { runBuilder } from './run-builder.js'
import type { Containerized, ContainerizeOptions } from './types.js'

/**
 * Makes an image of a stored bento, with docker, buildx, podman, buildah or nerdctl: builds the bento's own
 * `env/docker/Dockerfile` over a folder that holds the bento and its models, made in `<home>/tmp` and removed whatever
 * happens.
 *
 * @throws `CONTAINERIZE_FAILED` when the builder is not there or fails; `OPTION_INVALID`; `TAG_NOT_FOUND` and others of
 *   the store; `DIGEST_MISMATCH` where a model was saved anew; `DISK_FULL`, `STORE_READ_ONLY`, `IO_FAILED`
 *
 * @example
 * ```ts
 * const { tags } = await containerize({ bento: 'iris', tags: ['registry.example/iris:v2'], push: true })
 * ```
 */
export async function containerize(options: ContainerizeOptions): Promise<Containerized> {
  const { env = process.env, signal, onLine = () => {}, onCommand = () => {}, push = false } = options
  const store = new BentoStore(resolve(options.home ?? bentoHome(env)))
  const builder = findBuilder(options.backend, env)
  const bento = await store.get(options.bento)
  const tags = checkTags(options.tags, String(bento.tag))
  const secrets = secretVariables(bento.info.envs, env)
  const sudo = options.runAsRoot ? ['sudo', ...(secrets.length > 0 ? [`--preserve-env=${secrets.join(',')}`] : [])] : []
  const run = async (command: readonly string[], purpose: string) => {
    const words = [...sudo, ...command]
    onCommand(words)
    await runBuilder({ words, env: { ...builder.env, ...env }, signal, onLine, purpose })
  }
  const context = await stageBuildContext(bento, store)
  try {
    const { platforms = [], options: further = {} } = options
    const { dockerfile, folder } = context
    const plan = { dockerfile, context: folder, tags, platforms, push, secrets, options: further }
    await run(buildWords(builder, plan), `make an image of ${bento.tag}`)
  } finally {
    await context.discard()
  }
  if (push && !builder.pushesItself) for (const tag of tags) await run([builder.program, 'push', tag], `push ${tag}`)
  return { bento: String(bento.tag), backend: builder.name, tags }
}

function checkTags(given: readonly string[] | undefined, bento: string): readonly string[] {
  const tags = given === undefined || given.length === 0 ? [bento] : given
  for (const tag of tags) {
    if (isImageTag(tag)) continue
    throw new BentoError('OPTION_INVALID', `${JSON.stringify(visible(tag))} cannot name an image.`, {
      hint:
        tag === bento && given !== tags
          ? 'Give the image a name of its own: -t.'
          : 'Write it like registry.example/vision/iris:v2, in small letters but for the tag.',
    })
  }
  return tags
}
