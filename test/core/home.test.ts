import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { bentoHome as homeOf } from '../../src/core/home.js'

/** With forward slashes and without a drive, so that every system gives the same. */
function bentoHome(env: NodeJS.ProcessEnv): string {
  const home = homeOf(env.HOME === undefined ? env : { ...env, USERPROFILE: env.HOME })
  return env.HOME === undefined ? home : home.replace(/^[A-Z]:/, '').replaceAll('\\', '/')
}

test('without BENTOML_HOME it is ~/bentoml', () => {
  expect(bentoHome({ HOME: '/h' })).toBe('/h/bentoml')
  expect(bentoHome({})).toBe(join(homedir(), 'bentoml'))
  expect(bentoHome({ HOME: '/h', BENTOML_HOME: '' })).toBe('/h/bentoml')
})

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: `${NAME}` is what a home may hold.
test('~ and variables are expanded until nothing changes', () => {
  expect(bentoHome({ HOME: '/h', BENTOML_HOME: '~/b' })).toBe('/h/b')
  expect(bentoHome({ HOME: '/h', BENTOML_HOME: '~' })).toBe('/h')
  expect(bentoHome({ HOME: '/h', BENTOML_HOME: '$A/x', A: '${B}/y', B: '~/z' })).toBe('/h/z/y/x')
  expect(bentoHome({ HOME: '/h', BENTOML_HOME: '/a/$NOT_SET/${NOR_THIS}' })).toBe('/a/$NOT_SET/${NOR_THIS}')
  expect(bentoHome({ HOME: '/h', BENTOML_HOME: '/a/~/b' })).toBe('/a/~/b')
})

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above.
test('a variable that holds itself comes to an end', () => {
  expect(bentoHome({ HOME: '/h', BENTOML_HOME: '/$A', A: '$A' })).toBe('/$A')
  expect(bentoHome({ HOME: '/h', BENTOML_HOME: '/$A', A: '$B', B: '$A' })).toMatch(/^\/\$[AB]$/)
})

test('it is absolute', () => {
  expect(homeOf({ BENTOML_HOME: 'here' })).toBe(resolve('here'))
})
