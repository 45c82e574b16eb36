import type { OpenApiSource } from '../bento/types.js'
import type { BentoContext } from './context.js'
import { exportedLiteral } from './exported-literal.js'
import type { HookContext, OutputChunk } from './hooks.js'
import type { Node } from './syntax.js'

/** The export of a service that describes it. */
const EXPORT = 'openapi'

const LEFT_OUT =
  'The export "openapi" of the service is known once the service is loaded, so a bento of --watch is without it.'

/**
 * What the emitted entry exports as `openapi`, unless the option of that name says where the document is. One that is
 * written out is read, which takes no time; else the service has to be loaded, which a rebuild of `--watch` is spared.
 */
export function exportedOpenApi(
  { options }: BentoContext,
  hook: HookContext,
  entry: OutputChunk,
): Exclude<OpenApiSource, { file: string }> | undefined {
  if (options.openapi !== undefined || !entry.exports.includes(EXPORT)) return undefined
  const literal = exportedLiteral(hook.parse(entry.code) as Node, EXPORT)
  if (literal !== undefined) return literal
  if (hook.meta.watchMode !== true) return { exported: true }
  if (options.watch) hook.warn(LEFT_OUT)
  return undefined
}
