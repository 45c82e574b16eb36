import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { type LockEntries, lockEntries } from '../../src/bento/lock-file.js'
import { type PlatformSupport, parsePlatform, platformSupport } from '../../src/bento/platforms.js'
import { BentoError } from '../../src/core/errors.js'

/** The real lock of a project with sharp, whose binaries are optional packages. */
const SHARP = lockEntries(
  readFileSync(new URL('../../fixtures/locks/platforms/package-lock.json', import.meta.url), 'utf8'),
)

const support = (entries: LockEntries, wanted: string[] = []): PlatformSupport[] =>
  platformSupport(entries, wanted.map(parsePlatform))

function refusal(entries: LockEntries, wanted: string[]): BentoError {
  try {
    support(entries, wanted)
  } catch (error) {
    if (error instanceof BentoError) return error
  }
  return expect.unreachable('it should be refused')
}

const without = (entries: LockEntries, part: string) =>
  Object.fromEntries(Object.entries(entries).filter(([place]) => !place.includes(part)))

it('lists the usual platforms that a lock has binaries for', () => {
  const sharp = support(SHARP).find(one => one.package.startsWith('sharp@'))
  expect(sharp?.present).toEqual([
    'linux/amd64',
    'linux/arm64',
    'linux/amd64/musl',
    'linux/arm64/musl',
    'darwin/arm64',
    'darwin/amd64',
    'windows/amd64',
  ])
  expect(sharp?.missing).toEqual([])
})

it('a platform that was asked for is listed as well', () => {
  const sharp = support(SHARP, ['linux/s390x', 'linux/arm64/v8']).find(one => one.package.startsWith('sharp@'))
  expect(sharp?.present.slice(-2)).toEqual(['linux/s390x', 'linux/arm64/v8'])
})

it('a lock that npm made for one platform alone lacks the others', () => {
  const lock = without(without(SHARP, 'linuxmusl'), 'darwin')
  expect(support(lock, ['linux/amd64']).find(one => one.package.startsWith('sharp@'))?.missing).toEqual([
    'linux/amd64/musl',
    'linux/arm64/musl',
    'darwin/arm64',
    'darwin/amd64',
  ])
  const error = refusal(lock, ['linux/amd64', 'linux/arm64/musl', 'darwin/arm64'])
  expect(error.code).toBe('PLATFORM_MISSING')
  expect(error.message).toMatch(
    /linux\/arm64\/musl lacks sharp@[\d.]+ \(the lock has no entry for .*@img\/sharp-linuxmusl-arm64/,
  )
  expect(error.message).toContain('darwin/arm64 lacks')
  expect(error.message).not.toContain('linux/amd64 lacks')
  expect(error.hint).toContain('delete node_modules and the lock')
})

it('one missing library is enough', () => {
  const error = refusal(without(SHARP, 'sharp-libvips-linux-arm64'), ['linux/arm64'])
  expect(error.message).toContain('@img/sharp-libvips-linux-arm64')
})

it('a package that npm would refuse to install there is named', () => {
  const lock = { '': {}, 'node_modules/onnx': { version: '1.0.0', os: ['linux', 'darwin', 'win32'] } }
  expect(support(lock, ['linux/amd64/musl'])).toHaveLength(1)
  expect(refusal(lock, ['freebsd/amd64']).message).toContain('onnx@1.0.0 (it is not for that platform)')
  const negated = { '': {}, 'node_modules/unix': { version: '1.0.0', os: ['!win32'] } }
  expect(support(negated, ['linux/amd64'])).toHaveLength(1)
  expect(refusal(negated, ['windows/amd64']).message).toContain('unix@1.0.0')
})

it('an extra for one system, and what is optional itself, is no hindrance', () => {
  const lock: LockEntries = {
    '': {},
    'node_modules/chokidar': { version: '3.0.0', optionalDependencies: { fsevents: '2.0.0' } },
    'node_modules/fsevents': { version: '2.0.0', os: ['darwin'], optional: true },
    'node_modules/speedup': {
      version: '1.0.0',
      optional: true,
      optionalDependencies: { 'up-linux': '1', 'up-darwin': '1' },
    },
    'node_modules/up-linux': { version: '1.0.0', os: ['linux'], optional: true },
    'node_modules/up-darwin': { version: '1.0.0', os: ['darwin'], optional: true },
  }
  expect(support(lock, ['windows/amd64', 'linux/amd64']).map(one => one.package)).toEqual(['speedup@1.0.0'])
})

it.each(['linux', 'beos/amd64', 'linux/z80', 'darwin/arm64/musl', 'linux/amd64/uclibc'])('%s is no platform', name => {
  expect(() => parsePlatform(name)).toThrow(`"${name}" is no platform that Node runs on`)
})
