import { execFileSync } from 'node:child_process'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { fixtureHome } from '../support/home.js'
import { loadedBy } from '../support/loaded-by.js'

const FACE = fileURLToPath(new URL('../../dist/transfer/index.js', import.meta.url))

test('the store loads nothing but Node and itself', () => {
  const loaded = [...loadedBy(FACE)]
  expect(loaded).not.toEqual([])
  expect(loaded.filter(path => !path.startsWith('node:') && !path.startsWith(dirname(dirname(FACE))))).toEqual([])
  // What packs and unpacks comes when it is called.
  expect(loaded.filter(path => /archive|export|import|pack|plugin/.test(basename(path)))).toEqual([])
})

test('listing what BentoML saved does not even load the YAML parser', () => {
  const script = `
    import { createRequire } from 'node:module'
    const { models, bentos } = await import(process.argv[1])
    const count = (await models.list()).length + (await bentos.list()).length
    console.log(count, Object.keys(createRequire(process.argv[1]).cache).filter(path => path.includes('yaml')).length)`
  const env = { ...process.env, BENTOML_HOME: fixtureHome() }
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script, FACE], { env, encoding: 'utf8' })
  expect(output.trim()).toBe('28 0')
})
