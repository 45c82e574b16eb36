import { describe, expect, it } from 'vitest'
import { isBentoError } from '../../../src/core/errors.js'
import { locations, TestProject } from './project.js'

describe('peers that npm was told to ignore', () => {
  it('by legacy-peer-deps in .npmrc: the bento gets the option too', async () => {
    const locked = await new TestProject('legacy').lock(['use-sync-external-store', 'react', 'react-redux'])
    expect(locked.npmrc).toBe('legacy-peer-deps=true\n')
    expect(locked.warnings.join()).toContain('use-sync-external-store wants react')
    expect(locations(locked)).toContain('node_modules/react')
    expect(locations(locked)).not.toContain('node_modules/react-dom')
  })

  it('reads the option from the environment, and nothing else from .npmrc', async () => {
    const project = new TestProject('legacy')
    project.write('.npmrc', 'git=./evil.sh\n//registry.example/:_authToken=CANARY\nlegacy-peer-deps = true\n')
    const locked = await project.lock(['react-redux'])
    expect(JSON.stringify(locked)).not.toContain('CANARY')
    project.write('.npmrc', '')
    const env = { npm_config_legacy_peer_deps: 'true' }
    expect((await project.lock(['react-redux'], { env })).lock).toBe(locked.lock)
  })

  it('by --force: what only peers ask for becomes direct, so that the exact tree is installed', async () => {
    const project = new TestProject('forced')
    const locked = await project.lock(['use-sync-external-store', 'react-redux'])
    expect(locked.npmrc).toBe('legacy-peer-deps=true\n')
    expect(locations(locked)).toContain('node_modules/react')
    expect(locked.packageJson).toMatchObject({ dependencies: { react: '^19.0.0' } })
  })

  it('without a trace of how: an error that says so', async () => {
    const project = new TestProject('legacy')
    project.write('.npmrc', '')
    project.edit('package.json', manifest => {
      delete manifest.dependencies.react
      delete manifest.dependencies['use-sync-external-store']
    })
    project.edit('package-lock.json', lock => {
      delete lock.packages['node_modules/react']
      delete lock.packages['node_modules/use-sync-external-store'].peerDependencies
    })
    const error = await project.lock(['react-redux']).catch((reason: unknown) => reason)
    if (!isBentoError(error, 'LOCK_INCOMPLETE')) throw error
    expect(error.hint).toContain('legacy-peer-deps=true')
  })
})
