import type { BuildReport } from '../bento/types.js'
import type { BuildOptions } from './options.js'
import { runBuild } from './run-build.js'

/**
 * Builds a project and publishes its bento: runs the project's own Vite config, or a plain server build where it has
 * none. The plugin is added where the config does not have it.
 *
 * @returns the report of the build
 * @throws `BUNDLER_MISSING` where the project has no Vite 7 or 8; `OPTION_INVALID`, `BENTOFILE_INVALID`; every code that
 * a build with the plugin has; `BUILD_FAILED` with the bundler's words for its own errors. The bundler's error is the
 * `cause`.
 * @example
 * ```ts
 * import { build } from 'vite-plugin-bento/build'
 *
 * const { tag, path } = await build({ root: 'services/iris', labels: { commit: process.env.GITHUB_SHA ?? 'none' } })
 * ```
 */
export async function build(options: BuildOptions = {}): Promise<BuildReport> {
  return runBuild(options, { name: 'build()', summary: true })
}

/**
 * Builds what a bentofile describes; the build context is the working directory, as in BentoML, unless `root` names
 * another folder.
 *
 * @param path of the bentofile, relative to the working directory
 * @throws as {@link build} does
 * @example
 * ```ts
 * await buildBentofile('deploy/bentofile.yaml', { version: '1.4.0' })
 * ```
 */
export async function buildBentofile(
  path = 'bentofile.yaml',
  options: Omit<BuildOptions, 'bentofile'> = {},
): Promise<BuildReport> {
  return runBuild({ ...options, bentofile: path }, { name: 'buildBentofile()', summary: true })
}
