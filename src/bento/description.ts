import { readFile, realpath } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import { BentoError, isBentoError } from '../core/errors.js'
import { visible } from '../core/text.js'
import { holds } from '../files/place.js'

const FROM_FILE = /^file:\s*/

/**
 * The option `description`, read where it names a file: `file:docs/service.md`. Only files of the project are, links
 * followed before it is judged: CVE-2026-24123 took any file of the machine into BentoML's README.
 *
 * @throws `OPTION_INVALID`
 */
export async function readDescription(
  projectRoot: string,
  description: string | undefined,
): Promise<string | undefined> {
  if (description === undefined || !FROM_FILE.test(description)) return description
  const path = description.replace(FROM_FILE, '').trim()
  if (isAbsolute(path)) throw invalid(path, 'is absolute')
  try {
    const [root, file] = await Promise.all([realpath(projectRoot), realpath(resolve(projectRoot, path))])
    if (!holds(root, file)) throw invalid(path, 'lies outside the project')
    return await readFile(file, 'utf8')
  } catch (error) {
    throw isBentoError(error) ? error : invalid(path, `cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

function invalid(path: string, why: string): BentoError {
  return new BentoError('OPTION_INVALID', `The option description names the file "${visible(path)}", which ${why}.`, {
    hint: 'Name a file of the project by its path from the folder of package.json: "file:docs/service.md".',
  })
}
