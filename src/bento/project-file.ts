import { readFile, realpath } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import { BentoError, systemCode } from '../core/errors.js'
import { visible } from '../core/text.js'
import { holds } from '../files/place.js'

/**
 * Reads a text file of the project that an option names. Links are followed before it is judged: a project from elsewhere must not take
 * a file of this machine into a bento (CVE-2026-24123 in BentoML).
 *
 * @param path as the user wrote it, relative to the project
 * @param option its name, for messages: `image.template`
 * @throws `OPTION_INVALID`
 */
export async function readProjectFile(projectRoot: string, path: string, option: string): Promise<string> {
  const invalid = (why: string) =>
    new BentoError('OPTION_INVALID', `The option ${option} names the file "${visible(path)}", which ${why}.`, {
      hint: 'Name a file of the project by its path from the folder of package.json.',
    })
  if (isAbsolute(path)) throw invalid('is absolute')
  const bytes = await read(projectRoot, path).catch(error => {
    throw invalid(`cannot be read (${systemCode(error)})`)
  })
  if (bytes === undefined) throw invalid('lies outside the project')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalid('is not UTF-8')
  }
}

/** Undefined where it lies outside. */
async function read(projectRoot: string, path: string): Promise<Uint8Array | undefined> {
  const [root, file] = await Promise.all([realpath(projectRoot), realpath(resolve(projectRoot, path))])
  return holds(root, file) ? readFile(file) : undefined
}
