import { randomUUID } from 'node:crypto'
import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BentoError, systemCode } from '../core/errors.js'
import type { BuildReport } from './types.js'

/**
 * Writes the report as JSON, for tools.
 *
 * @param path absolute; its folder is made if need be
 * @throws `IO_FAILED`
 */
export async function writeReport(report: BuildReport, path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, `${JSON.stringify(report, undefined, 2)}\n`)
  } catch (error) {
    throw unwritten('the build report', path, error)
  }
}

/**
 * Appends `tag`, `name`, `version`, `path`, `digest` and `unchanged` to the file that `GITHUB_OUTPUT` names, so that
 * later steps of a GitHub workflow can use them. Does nothing where the variable is unset or empty.
 *
 * @throws `IO_FAILED`
 */
export async function writeGithubOutput(report: BuildReport, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const file = env.GITHUB_OUTPUT
  if (file === undefined || file === '') return
  try {
    await appendFile(file, githubOutput(report))
  } catch (error) {
    throw unwritten('the outputs of the workflow step', file, error)
  }
}

/**
 * The lines themselves. A value with a line break, which would otherwise start an output of its own, is put between
 * delimiters that it can't contain (GitHub's documentation, "Workflow commands", "Multiline strings").
 */
export function githubOutput(report: BuildReport): string {
  const values = {
    tag: report.tag,
    name: report.name,
    version: report.version,
    path: report.path,
    digest: report.digest,
    unchanged: String(!report.published),
  }
  return Object.entries(values)
    .map(([key, value]) => {
      if (!/[\r\n]/.test(value)) return `${key}=${value}\n`
      const end = `end-${randomUUID()}`
      return `${key}<<${end}\n${value}\n${end}\n`
    })
    .join('')
}

/** The bento itself is published by then. */
function unwritten(what: string, path: string, error: unknown): BentoError {
  return new BentoError('IO_FAILED', `Cannot write ${what} to ${path}: ${systemCode(error) ?? String(error)}.`, {
    hint: 'The bento is in the store all the same.',
    cause: error,
    details: { path },
  })
}
