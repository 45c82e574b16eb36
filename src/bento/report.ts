import { styleText } from 'node:util'
import { formatSize, visible } from '../core/text.js'
import type { PlatformSupport } from './platforms.js'
import type { BuildReport } from './types.js'

/** More direct dependencies than this are counted, not named. */
const NAMED_PACKAGES = 8

type Style = Parameters<typeof styleText>[0]

/**
 * The summary that ends a build: tag, path, sizes, packages, models, warnings. Several lines without a newline at the
 * end. Text from outside can't steer the terminal.
 *
 * @param options.colour whether to colour it for a terminal; off by default
 * @example
 * ```text
 * bento iris:k3j5zq7xw2aa4b6c published in 84 ms
 *   path      /home/ann/bentoml/bentos/iris/k3j5zq7xw2aa4b6c
 *   size      182.40 KiB, models 1.20 MiB
 *   models    iris_clf:v2 (1.20 MiB)
 *   packages  3 locked: hono 4.9.0, onnxruntime-node 1.23.0
 * ```
 */
export function formatReport(report: BuildReport, options: { colour?: boolean } = {}): string {
  const paint = (style: Style, text: string) =>
    options.colour === true ? styleText(style, text, { validateStream: false }) : text
  const row = (head: string, text: string) => `  ${paint('dim', head.padEnd(8))}  ${text}`
  const tag = paint('bold', visible(report.tag))
  const outcome = report.published
    ? `${paint('green', 'bento')} ${tag} published in ${Math.round(report.duration)} ms`
    : `${paint('green', 'bento')} unchanged, ${tag} (${Math.round(report.duration)} ms)`
  return [
    outcome,
    row('path', visible(report.path)),
    row('size', sizes(report)),
    ...(report.models.length === 0 ? [] : [row('models', report.models.map(modelText).join(', '))]),
    row('packages', packagesText(report.packages)),
    ...report.packages.platforms.map(support => row('platform', platformText(support))),
    ...(report.packages.blockedScripts.length === 0
      ? []
      : [row('scripts', blockedText(report.packages.blockedScripts))]),
    ...report.warnings.map(warning => `  ${paint('yellow', 'warning')}   ${visible(warning)}`),
  ].join('\n')
}

function sizes(report: BuildReport): string {
  const models = report.models.length === 0 ? '' : `, models ${formatSize(report.modelSize)}`
  return `${formatSize(report.size)}${models}`
}

function modelText(model: BuildReport['models'][number]): string {
  const alias = model.alias === undefined ? '' : ` as ${visible(model.alias)}`
  return `${visible(model.tag)}${alias} (${formatSize(model.size)})`
}

function packagesText({ locked, direct }: BuildReport['packages']): string {
  const names = Object.entries(direct).map(([name, version]) => `${visible(name)} ${visible(version)}`)
  const more = names.length - NAMED_PACKAGES
  const shown = more > 0 ? [...names.slice(0, NAMED_PACKAGES), `${more} more`] : names
  return `${locked} locked${shown.length === 0 ? '' : `: ${shown.join(', ')}`}`
}

/** What is missing is what one must know of; where nothing is, that is said. */
function platformText({ package: name, present, missing }: PlatformSupport): string {
  return `${visible(name)} for ${present.map(visible).join(', ') || 'none'}${missing.length === 0 ? '' : `; not ${missing.map(visible).join(', ')}`}`
}

function blockedText(packages: readonly string[]): string {
  return `not run at install, since allowScripts doesn't name them: ${packages.map(visible).join(', ')}`
}
