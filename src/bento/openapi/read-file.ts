import { readFile, realpath, stat } from 'node:fs/promises'
import { BentoError, isBentoError, systemCode } from '../../core/errors.js'
import { visible } from '../../core/text.js'
import { holds } from '../../files/place.js'

/** Longest document that is read, in bytes. */
const MAX_SIZE = 8 << 20

/**
 * Reads the file that the option `openapi` names: JSON or YAML. Only files of the project are, links followed before it
 * is judged.
 *
 * @param path absolute
 * @returns the value it holds
 * @throws `OPTION_INVALID`
 */
export async function readOpenApiFile(projectRoot: string, path: string): Promise<unknown> {
  try {
    const [root, file] = await Promise.all([realpath(projectRoot), realpath(path)])
    if (!holds(root, file)) throw invalid(path, 'lies outside the project')
    if ((await stat(file)).size > MAX_SIZE) throw invalid(path, `is larger than ${MAX_SIZE >> 20} MiB`)
    return await parse(await readFile(file, 'utf8'), path)
  } catch (error) {
    throw isBentoError(error) ? error : invalid(path, `cannot be read (${systemCode(error)})`)
  }
}

/** YAML as OpenAPI wants it: version 1.2, its core schema. JSON is YAML, too, but read faster by itself. */
async function parse(text: string, path: string): Promise<unknown> {
  if (/^\uFEFF?\s*\{/.test(text)) {
    try {
      return JSON.parse(text.replace(/^\uFEFF/, ''))
    } catch {
      // YAML has braces, too.
    }
  }
  const { parseDocument } = await import('yaml')
  const document = parseDocument(text, { version: '1.2', schema: 'core', logLevel: 'silent' })
  const [error] = document.errors
  if (error !== undefined) throw invalid(path, `is no YAML: ${error.message.split('\n')[0]?.replace(/:$/, '')}`)
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    throw invalid(path, `is YAML of aliases without end: ${(error as Error).message}`)
  }
}

/** An error about the file of the option `openapi`. */
export function invalid(path: string, why: string): BentoError {
  return new BentoError('OPTION_INVALID', `The option openapi names the file ${visible(path)}, which ${why}.`, {
    hint: 'Name an OpenAPI document of version 3.0 or 3.1, whole in itself, in a file of the project.',
  })
}
