import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Every module that loading the built `file` loads at once: paths of ours, names of others. */
export function loadedBy(file: string, seen = new Set<string>()): Set<string> {
  for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(
    /^(?:import|export) (?:[\w*{}\s,$]+ from )?['"]([^'"]+)['"]/gm,
  )) {
    const target = specifier.startsWith('.') ? join(dirname(file), specifier) : specifier
    if (seen.has(target)) continue
    seen.add(target)
    if (specifier.startsWith('.')) loadedBy(target, seen)
  }
  return seen
}
