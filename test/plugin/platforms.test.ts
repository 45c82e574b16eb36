import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { scratchHome } from '../support/home.js'
import { BUNDLERS, buildWith, makeProject } from '../support/project.js'

/** As npm wrote them for sharp and onnxruntime-node; nothing is installed, since both stay outside the bundle. */
const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/locks/platforms/${name}`, import.meta.url), 'utf8')

function platformPackages(lock: string): string[] {
  const { packages } = JSON.parse(lock) as { packages: Record<string, { os?: string[] }> }
  return Object.keys(packages).filter(path => packages[path]?.os !== undefined)
}

describe.each(BUNDLERS)('%s', bundler => {
  test('a service with sharp and onnxruntime-node keeps every platform in its lock', async () => {
    const project = makeProject({
      files: {
        'package.json': fixture('package.json'),
        'package-lock.json': fixture('package-lock.json'),
        'src/service.js': `import { InferenceSession } from 'onnxruntime-node'
import sharp from 'sharp'
export default { fetch: async () => new Response(String([await InferenceSession.create(''), sharp()])) }
`,
      },
    })
    const { report } = await buildWith(bundler, project, {
      home: scratchHome(),
      vite: { resolve: { noExternal: true } },
    })
    expect(Object.keys(report?.packages.direct ?? {})).toEqual(['onnxruntime-node', 'sharp'])
    const lock = readFileSync(join(report?.path ?? '', 'src/package-lock.json'), 'utf8')
    const platforms = platformPackages(lock)
    expect(platforms).toEqual(platformPackages(fixture('package-lock.json')))
    expect(platforms.filter(path => path.includes('@img/sharp')).length).toBeGreaterThan(20)
  })
})
