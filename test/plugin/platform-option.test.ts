import { expect, test } from 'vitest'
import { scratchHome } from '../support/home.js'
import { BUNDLERS, type Bundler, buildWith, makeProject } from '../support/project.js'
import { failureOf } from './failure.js'

function build(bundler: Bundler, platforms: string[]) {
  const project = makeProject({
    files: { 'src/service.js': `import fast from 'fast'; console.log(fast)` },
    packages: {
      fast: { manifest: { optionalDependencies: { 'fast-linux-x64': '1.0.0', 'fast-darwin-arm64': '1.0.0' } } },
      'fast-linux-x64': { manifest: { os: ['linux'], cpu: ['x64'] } },
      'fast-darwin-arm64': { manifest: { os: ['darwin'], cpu: ['arm64'] } },
    },
    manifest: { dependencies: { fast: '1.0.0' } },
  })
  const external = ['fast']
  return buildWith(bundler, project, { home: scratchHome(), options: { platforms }, input: { external } })
}

test.each(BUNDLERS)('%s: a platform that the lock has packages for is fine, and reported', async bundler => {
  const { report, log } = await build(bundler, ['linux/amd64'])
  expect(report?.packages.platforms).toEqual([
    {
      package: 'fast@1.0.0',
      present: ['linux/amd64', 'linux/amd64/musl', 'darwin/arm64'],
      missing: ['linux/arm64', 'linux/arm64/musl', 'darwin/amd64', 'windows/amd64'],
    },
  ])
  expect(log.join('\n')).toContain('fast@1.0.0 for linux/amd64, linux/amd64/musl, darwin/arm64; not linux/arm64')
})

test('a platform that it has none for fails the build', async () => {
  const { code, message } = await failureOf(() => build('vite8', ['linux/amd64', 'linux/arm64']))
  expect(code).toBe('PLATFORM_MISSING')
  expect(message).toContain('linux/arm64 lacks fast@1.0.0 (it has no package for that platform)')
})

test('a platform that Node does not know is a wrong option', async () => {
  const { code } = await failureOf(() => build('rollup', ['linux/z80']))
  expect(code).toBe('OPTION_INVALID')
})
