import type { BuildReport, PackageOptions, ServiceSnapshot } from './types.js'

/**
 * Makes a bento of a bundled service and publishes it in the store: locks its packages, assembles the folder, derives
 * digest and content version, publishes once and points `latest` at it. Where the store already holds the same
 * content nothing is written and the report says `published: false`.
 *
 * Nothing is visible in the store and no temporary file is left when it throws.
 *
 * @throws {@link BentoError} `TAG_EXISTS` when the user's own version names other content; `OUTPUT_CONFLICT` when an
 * emitted file lies where the bento has its own; `SERVICE_UNSUPPORTED` for names a bento can't hold; `OPTION_INVALID`;
 * `MODEL_GONE`; every `LOCK_…` and `DEPENDENCY_…` code; `HOME_INVALID`, `STORE_READ_ONLY`, `DISK_FULL`, `IO_FAILED`.
 */
export async function packageService(_snapshot: ServiceSnapshot, _options: PackageOptions): Promise<BuildReport> {
  throw new Error('being assembled')
}
