import { describe, expect, it } from 'vitest'
import { locations, packagesOf, TestProject } from './project.js'

describe('a plain npm project', () => {
  it('locks what the bundle imports, and what that needs', async () => {
    const project = new TestProject('plain')
    const locked = await project.lock(['hono'])
    expect(locked.packageJson).toEqual({
      name: 'svc',
      version: '0.0.0',
      private: true,
      type: 'module',
      engines: { node: '>=20' },
      dependencies: { hono: '^4.6.0' },
    })
    expect(locations(locked)).toEqual(['node_modules/hono'])
    expect(locked.packageCount).toBe(1)
    expect(locked.direct).toEqual({ hono: project.json('package-lock.json').packages['node_modules/hono'].version })
    expect(packagesOf(locked)['node_modules/hono']).toEqual(
      project.json('package-lock.json').packages['node_modules/hono'],
    )
  })

  it('follows dependencies of dependencies', async () => {
    const locked = await new TestProject('plain').lock(['pino', 'hono'])
    expect(locations(locked)).toContain('node_modules/sonic-boom')
    expect(locations(locked)).not.toContain('node_modules/typescript')
  })
})
