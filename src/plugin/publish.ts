import { resolve } from 'node:path'
import type { BuildReport, PackageOptions, ServiceSnapshot } from '../bento/types.js'
import { stdoutHasColours } from '../core/terminal.js'
import { clientOf } from './client.js'
import type { BentoContext, Gathered } from './context.js'
import { filesIn } from './output-files.js'
import { defaultName } from './project.js'

/** Loads what packages: it is some hundred files, so that it pays to begin while the bundler is busy. */
export function packaging() {
  return Promise.all([
    import('../bento/package-service.js'),
    import('../bento/report.js'),
    import('../bento/report-file.js'),
  ])
}

/**
 * Packages what a finished build gathered and publishes it, then tells of it. Everything that is only needed here is
 * loaded here: configs are also read where nothing is built.
 *
 * @param say prints the summary
 * @throws every code of `packageService`, and those of the model store
 */
export async function publish(context: BentoContext, say: (summary: string) => void): Promise<BuildReport> {
  const { gathered } = context.build
  if (gathered === undefined) throw new Error('There is no finished build to publish.')
  const [{ packageService }, { formatReport }, { writeGithubOutput, writeReport }] = await packaging()
  const report = await packageService(await snapshotOf(context, gathered), packageOptions(context))
  context.report = report
  if (context.options.report !== undefined) await writeReport(report, resolve(context.root, context.options.report))
  await writeGithubOutput(report)
  if (context.channel?.summary !== false) say(formatReport(report, { colour: stdoutHasColours() }))
  return report
}

async function snapshotOf(context: BentoContext, gathered: Gathered): Promise<ServiceSnapshot> {
  const { outDir, entry, entryIsImported, externals, traced, openapi, bundler } = gathered
  const file = context.options.openapi
  const client = await clientOf(context, outDir)
  return {
    projectRoot: context.project.root,
    service: context.service,
    outDir,
    files: context.ownsOutDir ? await filesIn(outDir) : gathered.files,
    entry,
    entryIsImported,
    mode: context.mode ?? (context.options.server === 'handler' ? 'handler' : 'program'),
    externals,
    pins: await context.models.pins(gathered.requests),
    openapi: file === undefined ? openapi : { file: resolve(context.root, file) },
    traced,
    outputs: context.outputs,
    ...(client === undefined ? {} : { client }),
    bundler,
  }
}

function packageOptions({ options, project, home }: BentoContext): PackageOptions {
  return {
    name: options.name ?? defaultName(project),
    version: options.version,
    labels: options.labels,
    description: options.description,
    envs: options.envs,
    args: options.args,
    image: options.image,
    includeDependencies: options.includeDependencies,
    platforms: options.platforms,
    include: options.include,
    exclude: options.exclude,
    home,
  }
}
