import { BentoError } from '../core/errors.js'
import { compareText } from '../core/tag.js'
import { visible } from '../core/text.js'
import { findPackage, type LockEntries, type LockEntry, packageName } from './lock-file.js'

/** A platform in npm's terms. */
export interface Platform {
  /** As the user and container builders name it: `linux/amd64`, `linux/arm64/musl`. */
  name: string
  os: string
  cpu: string
  /** On Linux alone. */
  libc: 'glibc' | 'musl' | undefined
}

/** Where a package with packages for single platforms can be installed. */
export interface PlatformSupport {
  /** `sharp@0.34.5` */
  package: string
  /** Of the usual platforms and those asked for, the ones that the lock has something for, and the others. */
  present: string[]
  missing: string[]
}

/** Architectures of container images (Go's names) that Node calls otherwise. */
const CPUS: Record<string, string> = { amd64: 'x64', '386': 'ia32', ppc64le: 'ppc64', mips64le: 'mips64el' }
const KNOWN_CPUS = ['x64', 'arm64', 'arm', 'ia32', 'ppc64', 's390x', 'riscv64', 'loong64', 'mips64el']
const KNOWN_SYSTEMS = ['linux', 'darwin', 'win32', 'freebsd']

/** Where services run and are developed. */
const USUAL = [
  'linux/amd64',
  'linux/arm64',
  'linux/amd64/musl',
  'linux/arm64/musl',
  'darwin/arm64',
  'darwin/amd64',
  'windows/amd64',
].map(parsePlatform)

/**
 * Reads `os/architecture`, with `/musl` or a variant (`/v8`) behind.
 *
 * @throws `OPTION_INVALID` for an operating system or architecture that Node does not run on
 */
export function parsePlatform(name: string): Platform {
  const [system = '', architecture = '', last] = name.split('/')
  const os = system === 'windows' ? 'win32' : system
  const cpu = CPUS[architecture] ?? architecture
  const isVariant = last === undefined || /^v\d$/.test(last) || last === 'glibc'
  if (KNOWN_SYSTEMS.includes(os) && KNOWN_CPUS.includes(cpu) && (isVariant || (last === 'musl' && os === 'linux'))) {
    return { name, os, cpu, libc: os !== 'linux' ? undefined : last === 'musl' ? 'musl' : 'glibc' }
  }
  throw new BentoError('OPTION_INVALID', `"${visible(name)}" is no platform that Node runs on.`, {
    hint: 'Name platforms like "linux/amd64", "linux/arm64", "linux/amd64/musl" (Alpine), "darwin/arm64", "windows/amd64".',
  })
}

/**
 * What a bento's lock has for which platforms: of packages that are for some platforms alone, and of those that choose
 * one of several such packages among their optional dependencies.
 *
 * @param wanted platforms the bento must be installable on
 * @throws `PLATFORM_MISSING` naming what is missing on which of them
 */
export function platformSupport(entries: LockEntries, wanted: readonly Platform[]): PlatformSupport[] {
  const asked = wanted.filter(({ name }) => USUAL.every(usual => usual.name !== name))
  const platforms = [...USUAL, ...asked]
  const support: PlatformSupport[] = []
  const problems = new Map<string, string[]>()
  for (const [place, entry] of Object.entries(entries)) {
    if (place === '' || entry.link === true || entry.inBundle === true) continue
    const needs = needsOf(entries, place, entry)
    if (needs === undefined) continue
    const name = `${packageName(place, entry)}@${entry.version}`
    const lacking = (platform: Platform) => lackingOn(needs, platform)
    support.push({
      package: name,
      present: platforms.filter(platform => lacking(platform) === undefined).map(platform => platform.name),
      missing: platforms.filter(platform => lacking(platform) !== undefined).map(platform => platform.name),
    })
    // Without an optional package the others do; without a binary it would not be installed at all.
    if (entry.optional === true) continue
    for (const platform of wanted) {
      const what = lacking(platform)
      if (what !== undefined) problems.set(platform.name, [...(problems.get(platform.name) ?? []), `${name} (${what})`])
    }
  }
  if (problems.size > 0) throw missing(problems)
  return support
    .filter((one, index) => support.findIndex(other => other.package === one.package) === index)
    .sort((a, b) => compareText(a.package, b.package))
}

/** How a package depends on the platform. */
interface Needs {
  /** Its own fields, which npm refuses to install against. */
  own: LockEntry
  /** Packages for single platforms that it chooses from. */
  choice: LockEntry[]
  /** Names of those that the lock has no entry for. */
  gaps: string[]
}

/** Undefined where the platform does not matter. */
function needsOf(entries: LockEntries, place: string, entry: LockEntry): Needs | undefined {
  const optional = Object.keys(entry.optionalDependencies ?? {})
  const found = optional.map(name => ({ name, at: findPackage(entries, place, name) }))
  const choice = found.flatMap(({ at }) => {
    const target = at === undefined ? undefined : entries[at]
    return target !== undefined && isLimited(target) ? [target] : []
  })
  const gaps = found.filter(({ name, at }) => at === undefined && systemIn(name) !== undefined).map(({ name }) => name)
  // A package for one system alone is an extra there (fsevents), not a choice.
  const systems = new Set([...choice.flatMap(({ os }) => [os ?? []].flat()), ...gaps.map(systemIn)])
  const isChoice = systems.size > 1
  // A package that is one of a choice is told with the one that chooses.
  const own = isLimited(entry) && entry.optional !== true ? entry : {}
  if (!isChoice && !isLimited(own)) return undefined
  return { own, choice: isChoice ? choice : [], gaps: isChoice ? gaps : [] }
}

/** What is missing on a platform, undefined for nothing. */
function lackingOn({ own, choice, gaps }: Needs, platform: Platform): string | undefined {
  if (!fits(own, platform)) return 'it is not for that platform'
  const absent = gaps.filter(name => isNamedFor(name, platform))
  if (absent.length > 0) return `the lock has no entry for ${absent.join(', ')}`
  if (choice.length === 0 && gaps.length === 0) return undefined
  return choice.some(entry => fits(entry, platform)) ? undefined : 'it has no package for that platform'
}

function isLimited({ os, cpu, libc }: LockEntry): boolean {
  return os !== undefined || cpu !== undefined || libc !== undefined
}

/** As npm decides it (`npm-install-checks`, `checkPlatform`). */
function fits({ os, cpu, libc }: LockEntry, platform: Platform): boolean {
  if (libc !== undefined && platform.libc === undefined) return false
  return matches(os, platform.os) && matches(cpu, platform.cpu) && matches(libc, platform.libc ?? '')
}

function matches(field: string | string[] | undefined, value: string): boolean {
  if (field === undefined) return true
  const list = [field].flat()
  if (list.length === 1 && list[0] === 'any') return true
  if (list.includes(`!${value}`)) return false
  return list.includes(value) || list.every(item => item.startsWith('!'))
}

/** The system that a package's name tells, since a missing entry has no fields: `@img/sharp-linuxmusl-x64`. */
function systemIn(name: string): string | undefined {
  const [, system] = /[-/_](linux|darwin|win32|windows|freebsd|android)/.exec(name) ?? []
  return system === 'windows' ? 'win32' : system
}

function isNamedFor(name: string, platform: Platform): boolean {
  if (systemIn(name) !== platform.os) return false
  const words = name.split(/[-/_]/)
  const cpu = words.find(word => KNOWN_CPUS.includes(CPUS[word] ?? word))
  if (cpu !== undefined && (CPUS[cpu] ?? cpu) !== platform.cpu) return false
  if (platform.libc === undefined || !/musl|gnu/.test(name)) return true
  return /musl/.test(name) === (platform.libc === 'musl')
}

function missing(problems: ReadonlyMap<string, string[]>): BentoError {
  const lines = [...problems].map(([platform, packages]) => `${platform} lacks ${packages.join(', ')}`)
  return new BentoError('PLATFORM_MISSING', `The bento cannot be installed wherever it must: ${lines.join('; ')}.`, {
    hint:
      'Where the lock has no entry: delete node_modules and the lock, then install again, so that every platform is resolved. ' +
      'Where a package has nothing for the platform: take another version or package, or leave the platform out.',
    details: { platforms: Object.fromEntries(problems) },
  })
}
