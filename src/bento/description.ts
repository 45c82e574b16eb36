import { readProjectFile } from './project-file.js'

const FROM_FILE = /^file:\s*/

/**
 * The option `description`, read where it names a file of the project: `file:docs/service.md`.
 *
 * @throws `OPTION_INVALID`
 */
export async function readDescription(
  projectRoot: string,
  description: string | undefined,
): Promise<string | undefined> {
  if (description === undefined || !FROM_FILE.test(description)) return description
  return readProjectFile(projectRoot, description.replace(FROM_FILE, '').trim(), 'description')
}
