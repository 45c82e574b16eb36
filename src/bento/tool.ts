import { readFileSync } from 'node:fs'

/** Name and version of this package: `vite-plugin-bento 0.1.0`. */
export function toolName(): string {
  // Reached the same way from `src/bento` and from `dist/bento`.
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const { name, version } = JSON.parse(text) as { name: string; version: string }
  return `${name} ${version}`
}
