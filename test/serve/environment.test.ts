import { describe, expect, it } from 'vitest'
import type { BentoEnv } from '../../src/bento/types.js'
import { checkEngines } from '../../src/serve/engines.js'
import { bentoVariables, effectiveVariables, withVariables } from '../../src/serve/environment.js'

const ENVS: BentoEnv[] = [
  { name: 'AT_BUILD', value: 'b', stage: 'build' },
  { name: 'AT_RUN', value: 'r', stage: 'runtime' },
  { name: 'ALWAYS', value: 'a', stage: 'all' },
  { name: 'NEEDED', value: '', stage: 'all' },
]

describe("a bento's variables", () => {
  it('reach install and run by their stage', () => {
    expect(bentoVariables(ENVS, 'install', {})).toEqual({ AT_BUILD: 'b', ALWAYS: 'a' })
    expect(bentoVariables(ENVS, 'run', {})).toEqual({ AT_RUN: 'r', ALWAYS: 'a' })
  })

  it("give way to the caller's, also to an empty one", () => {
    expect(bentoVariables(ENVS, 'run', { ALWAYS: 'mine', AT_RUN: '' })).toEqual({})
  })

  it('are told apart by their effective values', () => {
    expect(effectiveVariables(ENVS, 'install', { ALWAYS: 'mine', NEEDED: 'set', OTHER: 'x' })).toEqual([
      ['ALWAYS', 'mine'],
      ['AT_BUILD', 'b'],
      ['NEEDED', 'set'],
    ])
  })

  it('set over others replace them', () => {
    expect(withVariables({ PORT: '1', KEEP: 'k' }, { PORT: '2' })).toEqual({ PORT: '2', KEEP: 'k' })
  })
})

describe('engines.node', () => {
  it.each([
    ['>=22', '20.19.0', false],
    ['^20.19.0 || >=22.12.0', '20.19.0', true],
    ['^20.19.0 || >=22.12.0', '21.0.0', false],
    ['>=24', '24.0.0-nightly20260101', true],
    ['not a range', '20.19.0', true],
    ['*', '20.19.0', true],
  ])('%s with %s: %s', (node, version, fits) => {
    const check = () => checkEngines({ engines: { node } }, 'iris:v1', version)
    if (fits) expect(check).not.toThrow()
    else {
      expect(check).toThrow(
        expect.objectContaining({
          code: 'ENGINE_MISMATCH',
          reason: `iris:v1 needs Node ${node}, and this is Node ${version}.`,
        }),
      )
    }
  })

  it('may be absent or of another shape', () => {
    for (const engines of [undefined, null, 'node', {}, { node: 22 }, { npm: '>=99' }]) {
      expect(() => checkEngines({ engines }, 'iris:v1', '20.19.0')).not.toThrow()
    }
  })
})
