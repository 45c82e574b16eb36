import { toolName } from '../core/own-package.js'
import { isoTime, now } from '../core/time.js'
import { timed } from '../core/timing.js'
import { ValueChecker } from '../core/values.js'
import { BentoStore } from '../store/bento-store.js'
import { type Assembly, assemble } from './assemble.js'
import { contentOf } from './content-version.js'
import { epochTime, sourceTime } from './creation-time.js'
import { lockDependencies } from './dependency-lock/index.js'
import { checkEnvs } from './envs.js'
import { checkImage } from './image-options.js'
import { lockEntries } from './lock-file.js'
import { identityOf } from './manifest.js'
import { serviceApis } from './openapi/service-apis.js'
import { measure } from './planned-file.js'
import { type PlatformSupport, parsePlatform, platformSupport } from './platforms.js'
import { type Published, publishBento } from './publish-bento.js'
import type { BuildReport, LockedDependencies, PackageOptions, ServiceSnapshot } from './types.js'
import { chooseTag } from './version-choice.js'

/** Version in the package.json of `src/`. A fixed one: no file of a bento may hold the bento's version. */
const PACKAGE_VERSION = '0.0.0'

/**
 * Makes a bento of a bundled service and publishes it in the store: locks its packages, assembles the folder, derives
 * digest and content version, publishes once and points `latest` at it. Where the store already holds the same
 * content nothing is written and the report says `published: false`.
 *
 * Nothing is visible in the store and no temporary file is left when it throws.
 *
 * @throws {@link BentoError} `TAG_EXISTS` when the user's own version names other content; `PLATFORM_MISSING`; `OUTPUT_CONFLICT` when an
 * emitted file lies where the bento has its own; `SERVICE_UNSUPPORTED` for names a bento can't hold; `TAG_INVALID`,
 * `OPTION_INVALID`; `MODEL_GONE`; every `LOCK_…` and `DEPENDENCY_…` code; `HOME_INVALID`, `STORE_READ_ONLY`,
 * `DISK_FULL`, `IO_FAILED`.
 */
export async function packageService(snapshot: ServiceSnapshot, options: PackageOptions): Promise<BuildReport> {
  const started = performance.now()
  checkOptions(options)
  const apis = serviceApis(snapshot, options)
  apis.catch(() => undefined)
  const locked = await timed('lock', () =>
    lockDependencies({
      projectRoot: snapshot.projectRoot,
      externals: snapshot.externals,
      include: options.includeDependencies,
      name: options.name,
      version: PACKAGE_VERSION,
    }),
  )
  const platforms = platformSupport(lockEntries(locked.lock), options.platforms.map(parsePlatform))
  const { assembly, files } = await timed('assemble', async () => {
    const assembly = await assemble(snapshot, options, locked, await apis)
    return { assembly, files: await measure(assembly.plan) }
  })
  // Any tag will do: the version is not part of what identifies the content.
  const content = contentOf(files, identityOf(assembly.facts, chooseTag(options.name, 'content', 'any')))
  const done = await timed('publish', () =>
    publishBento(new BentoStore(options.home), {
      tag: chooseTag(options.name, options.version, content.version),
      files,
      facts: assembly.facts,
      content: content.hash,
      tool: toolName(),
      bundler: snapshot.bundler,
      creationTime: async () => isoTime((await sourceTime(snapshot.projectRoot, snapshot.outDir)) ?? now()),
    }),
  )
  return reportOf(snapshot, locked, platforms, assembly, done, performance.now() - started)
}

/** Before any work, so that a wrong option is told at once. */
function checkOptions(options: PackageOptions): void {
  chooseTag(options.name, options.version, 'any')
  checkEnvs(options.envs)
  for (const platform of options.platforms) parsePlatform(platform)
  checkImage(options.image)
  epochTime()
  const checker = new ValueChecker()
  checker.labels(options.labels)
  checker.finish(`the bento ${options.name}`)
}

async function reportOf(
  snapshot: ServiceSnapshot,
  locked: LockedDependencies,
  platforms: PlatformSupport[],
  { facts, warnings }: Assembly,
  { bento, published }: Published,
  duration: number,
): Promise<BuildReport> {
  const models = facts.pins.map(({ tag, digest, size, requests, alias }) => ({
    tag: String(tag),
    digest,
    size,
    requests,
    ...(alias === undefined ? {} : { alias }),
  }))
  return {
    tag: String(bento.tag),
    name: bento.tag.name,
    version: bento.tag.version,
    path: bento.path,
    published,
    creationTime: bento.creationTime,
    digest: String(bento.info.node?.digest ?? ''),
    size: await bento.size(),
    modelSize: [...new Map(models.map(({ tag, size }) => [tag, size])).values()].reduce((sum, size) => sum + size, 0),
    mode: snapshot.mode,
    models,
    packages: { locked: locked.packageCount, direct: locked.direct, blockedScripts: locked.blockedScripts, platforms },
    warnings,
    duration,
  }
}
