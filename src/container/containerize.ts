import { resolve } from 'node:path'
import { BentoError } from '../core/errors.js'
import { bentoHome } from '../core/home.js'
import { isImageTag } from '../core/image-reference.js'
import { visible } from '../core/text.js'
import { BentoStore } from '../transfer/bento-store.js'
import { findBuilder } from './backends.js'
import { stageBuildContext } from './build-context.js'
import { buildWords, secretVariables } from './builder-arguments.js'
import { checkPlatforms } from './check-platforms.js'
import { runBuilder } from './run-builder.js'
import type { Containerized, ContainerizeOptions } from './types.js'

/**
 * Makes an image of a stored bento, with docker, buildx, podman, buildah or nerdctl: builds the bento's own
 * `env/docker/Dockerfile` over a folder that holds the bento and its models, made in `<home>/tmp` and removed whatever
 * happens.
 *
 * @throws `CONTAINERIZE_FAILED` when the builder is not there or fails; `OPTION_INVALID`; `PLATFORM_MISSING`; `TAG_NOT_FOUND` and others of
 *   the store; `DIGEST_MISMATCH` where a model was saved anew; `DISK_FULL`, `STORE_READ_ONLY`, `IO_FAILED`
 *
 * @example
 * ```ts
 * const { tags } = await containerize({ bento: 'iris', tags: ['registry.example/iris:v2'], push: true })
 * ```
 */
export async function containerize(options: ContainerizeOptions): Promise<Containerized> {
  const { env = process.env, signal, onLine = () => {}, onCommand = () => {}, push = false } = options
  for (const tag of options.tags ?? []) requireImageTag(tag, 'Write it like registry.example/vision/iris:v2.')
  const store = new BentoStore(resolve(options.home ?? bentoHome(env)))
  const builder = findBuilder(options.backend, env)
  const bento = await store.get(options.bento)
  const tags = options.tags?.length ? options.tags : [String(bento.tag)]
  // BentoML's grammar takes what that of images does not: two dots in a row.
  for (const tag of tags) requireImageTag(tag, 'Give the image a name of its own: -t.')
  const { platforms = [], options: further = {} } = options
  const secrets = secretVariables(bento.info.envs, env)
  const kept = [...Object.keys(builder.env), ...secrets]
  const sudo = options.runAsRoot ? ['sudo', ...(kept.length > 0 ? [`--preserve-env=${kept.join(',')}`] : [])] : []
  const run = async (command: readonly string[], purpose: string) => {
    const words = [...sudo, ...command]
    onCommand(words)
    await runBuilder({ words, env: { ...builder.env, ...env }, signal, onLine, purpose })
  }
  await checkPlatforms(bento, platforms)
  const context = await stageBuildContext(bento, store)
  try {
    // A bento from elsewhere says by itself which variables it wants.
    if (secrets.length > 0) onLine(`The build may read these variables of this environment: ${secrets.join(', ')}.`)
    const { dockerfile, folder } = context
    const plan = { dockerfile, context: folder, tags, platforms, push, secrets, options: further }
    await run(buildWords(builder, plan), `make an image of ${bento.tag}`)
  } finally {
    await context.discard()
  }
  if (push && !builder.pushesItself) for (const tag of tags) await run([builder.program, 'push', tag], `push ${tag}`)
  return { bento: String(bento.tag), backend: builder.name, tags }
}

function requireImageTag(tag: string, hint: string): void {
  if (isImageTag(tag)) return
  throw new BentoError('OPTION_INVALID', `${JSON.stringify(visible(tag))} cannot name an image.`, { hint })
}
