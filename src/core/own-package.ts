import { readFileSync } from 'node:fs'

/** Name and version of this package, from its package.json. */
export function ownPackage(): { name: string; version: string } {
  // Reached the same way from `src/core` and from every folder of `dist`.
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return JSON.parse(text) as { name: string; version: string }
}

/** `vite-plugin-bento 0.1.0`: what a bento says it was built with. */
export function toolName(): string {
  const { name, version } = ownPackage()
  return `${name} ${version}`
}
