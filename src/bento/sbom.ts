import { compareText } from '../core/tag.js'
import { findPackage, type LockEntries, type LockEntry, lockEntries, packageName } from './lock-file.js'
import type { ModelPin } from './types.js'

/** Names of hashes: of `integrity` (https://w3c.github.io/webappsec-subresource-integrity/), and CycloneDX's. */
const HASH_NAMES: Record<string, string> = { sha512: 'SHA-512', sha384: 'SHA-384', sha256: 'SHA-256', sha1: 'SHA-1' }

interface Component {
  type: string
  'bom-ref': string
  [key: string]: unknown
}

/**
 * Text of `sbom.cdx.json`: a bill of materials in CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/) of the locked
 * packages and the pinned models, with who needs whom. It has no serial number, time, tool or version of the bento, all
 * of which are optional: the same content gives the same bytes.
 */
export function sbomText(name: string, lock: string, pins: readonly ModelPin[]): string {
  const entries = lockEntries(lock)
  const root: Component = { type: 'application', 'bom-ref': name, name }
  const packages = packageComponents(entries)
  const models = pins.map(modelComponent)
  const graph = packageGraph(entries)
  const direct = [...(graph.get('') ?? []), ...models.map(model => model['bom-ref'])]
  const sorted = [...packages, ...models].sort((a, b) => compareText(a['bom-ref'], b['bom-ref']))
  const bom = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: root },
    components: sorted,
    dependencies: [
      { ref: name, dependsOn: [...new Set(direct)].sort(compareText) },
      ...sorted.map(({ 'bom-ref': ref }) => ({ ref, dependsOn: [...(graph.get(ref) ?? [])].sort(compareText) })),
    ],
  }
  return `${JSON.stringify(bom, undefined, 2)}\n`
}

/** One component for each name and version, however often the lock holds it. */
function packageComponents(entries: LockEntries): Component[] {
  const components = new Map<string, Component>()
  for (const [place, entry] of Object.entries(entries)) {
    if (place === '' || entry.link === true) continue
    const purl = packageUrl(place, entry)
    components.set(purl, {
      type: 'library',
      'bom-ref': purl,
      name: packageName(place, entry),
      ...(entry.version === undefined ? {} : { version: entry.version }),
      scope: entry.optional === true ? 'optional' : 'required',
      ...hashes(entry.integrity),
      ...licences(entry.license),
      purl,
    })
  }
  return [...components.values()]
}

/** https://github.com/package-url/purl-spec, type npm. */
function packageUrl(place: string, entry: LockEntry): string {
  const name = packageName(place, entry).replace(/^@/, '%40')
  return `pkg:npm/${name}${entry.version === undefined ? '' : `@${encodeURIComponent(entry.version)}`}`
}

function hashes(integrity: string | undefined): object {
  const found = (integrity ?? '').split(/\s+/).flatMap(text => {
    const [, algorithm = '', digest = ''] = text.match(/^(sha\d+)-([A-Za-z0-9+/]+=*)/) ?? []
    const alg = HASH_NAMES[algorithm]
    return alg === undefined ? [] : [{ alg, content: Buffer.from(digest, 'base64').toString('hex') }]
  })
  return found.length === 0 ? {} : { hashes: found }
}

/** An SPDX expression where it is one; npm also knows `UNLICENSED` and `SEE LICENSE IN <file>`. */
function licences(text: unknown): object {
  if (typeof text !== 'string' || text === '') return {}
  const spdx = /^[A-Za-z0-9.+() -]+$/.test(text) && !/^(?:UNLICENSED$|SEE LICENSE)/i.test(text)
  return { licenses: [spdx ? { expression: text } : { license: { name: text } }] }
}

function modelComponent({ tag, digest, size }: ModelPin): Component {
  return {
    type: 'machine-learning-model',
    'bom-ref': `bento:model/${tag.name}@${tag.version}`,
    name: tag.name,
    version: tag.version,
    properties: [
      { name: 'bento:digest', value: digest },
      { name: 'bento:size', value: String(size) },
    ],
  }
}

/** For each package (`''` being the root) the packages that Node finds when it asks for its dependencies. */
function packageGraph(entries: LockEntries): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>()
  for (const [place, entry] of Object.entries(entries)) {
    if (entry.link === true) continue
    const ref = place === '' ? '' : packageUrl(place, entry)
    const needs = graph.get(ref) ?? new Set()
    graph.set(ref, needs)
    const names = { ...entry.dependencies, ...entry.optionalDependencies, ...entry.peerDependencies }
    for (const name of Object.keys(names)) {
      const found = findPackage(entries, place, name)
      const target = found === undefined ? undefined : entries[found]
      if (found !== undefined && target !== undefined) needs.add(packageUrl(found, target))
    }
  }
  return graph
}
