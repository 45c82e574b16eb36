const SIZE = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])(i?)(b?)|b)?$/i
const POWERS = 'kmgtp'

/**
 * Reads a number of bytes as people write it: `500000`, `1.5GiB`, `20G` (as `20GiB`), `20 GB` (20,000,000,000), in
 * whatever case.
 *
 * @returns whole bytes; undefined for what is no size, or none that a number can hold
 */
export function parseBytes(text: string): number | undefined {
  const [matched, number, prefix, binary, unit] = SIZE.exec(text) ?? []
  if (matched === undefined) return undefined
  const base = prefix !== undefined && unit !== '' && binary === '' ? 1000 : 1024
  const power = prefix === undefined ? 0 : POWERS.indexOf(prefix.toLowerCase()) + 1
  const bytes = Math.round(Number(number) * base ** power)
  return Number.isSafeInteger(bytes) ? bytes : undefined
}
