import { execFileSync } from 'node:child_process'
import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BuildReport } from 'vite-plugin-bento'
import { scratchFolder } from './home.js'
import { entryIn, type TestProject } from './project.js'

const ASK = `
const { default: service } = await import(process.argv[2])
const response = await service.fetch(new Request('http://localhost/'))
process.stdout.write(await response.text())
process.exit(0)
`

/**
 * What a built service answers when it runs as in a bento: from a copy of `src/` in another folder, which is the working
 * directory, with the project gone.
 */
export function askMoved(project: TestProject, report: BuildReport | undefined, as: 'json' | 'text' = 'json'): unknown {
  const folder = join(scratchFolder(), 'moved here')
  const source = join(report?.path ?? '', 'src')
  cpSync(source, folder, { recursive: true })
  rmSync(project.root, { recursive: true, force: true })
  const entry = join(folder, entryIn(report).slice(source.length))
  const script = join(folder, '../ask.mjs')
  writeFileSync(script, ASK)
  const text = execFileSync(process.execPath, [script, pathToFileURL(entry).href], { cwd: folder, encoding: 'utf8' })
  return as === 'json' ? JSON.parse(text) : text
}
