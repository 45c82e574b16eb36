import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fullTag } from '../../src/core/tag.js'
import { parseModelInfo } from '../../src/store/model-info.js'
import { ModelStore } from '../../src/store/model-store.js'
import { renameManifest } from '../../src/transfer/rename.js'
import { fixtureHome } from '../support/home.js'

const REST = `module: ''
labels: {}
options: {}
metadata: {}
context: {framework_name: '', framework_versions: {}}
api_version: v1
creation_time: '2024-01-01T00:00:00+00:00'
`
const NEW = fullTag('new', '1e5')

test.each([
  ['plain', 'name: old\nversion: v1\n', "name: new\nversion: '1e5'\n"],
  ['quoted', `name: 'old'\nversion: "v1"\n`, "name: new\nversion: '1e5'\n"],
  ['with comments', 'name: old # a name\nversion:   v1  # why\n', "name: new # a name\nversion:   '1e5'  # why\n"],
  ['the other way round', 'version: v1\nname: old\n', "version: '1e5'\nname: new\n"],
  ['quoted keys', `"name": old\n'version': v1\n`, `"name": new\n'version': '1e5'\n`],
  ['on lines of their own', 'name:\n  old\nversion:\n  "v1"\n', "name:\n  new\nversion:\n  '1e5'\n"],
  ['with a tag', 'name: !!str old\nversion: !!str 17\n', "name: !!str new\nversion: !!str '1e5'\n"],
  ['with carriage returns', 'name: old\r\nversion: v1\r\n', "name: new\r\nversion: '1e5'\r\n"],
  ['after a document start', '%YAML 1.1\n---\nname: old\nversion: v1\n', "%YAML 1.1\n---\nname: new\nversion: '1e5'\n"],
  [
    'not in what is nested',
    'extra: {name: x}\nname: old\nversion: v1\n',
    "extra: {name: x}\nname: new\nversion: '1e5'\n",
  ],
])('renames %s, and touches nothing else', (_, before, after) => {
  expect(renameManifest(before + REST, NEW, 'here')).toBe(after + REST)
})

test('renames within one line', () => {
  const text = `{name: old, version: v1, ${REST.trim().split('\n').join(', ')}}\n`
  expect(renameManifest(text, NEW, 'here')).toBe(text.replace('old', 'new').replace('v1', "'1e5'"))
})

test.each(['name: |-\n  old\nversion: v1\n', 'name: old\nversion: >-\n  v1\n'])('refuses %j', text => {
  expect(() => renameManifest(text + REST, NEW, 'here')).toThrowError(
    expect.objectContaining({ code: 'MANIFEST_INVALID', hint: expect.any(String) }),
  )
})

test('renames every model that BentoML saved, line for line', async () => {
  for (const { path, tag, info } of await new ModelStore(fixtureHome()).list()) {
    const text = readFileSync(join(path, 'model.yaml'), 'utf8')
    const renamed = renameManifest(text, NEW, path)
    const rest = (whole: string) => whole.split('\n').filter(line => !/^(name|version):/.test(line))
    expect(rest(renamed)).toEqual(rest(text))
    expect(parseModelInfo(renamed, path)).toEqual({ ...info, tag: NEW })
    expect(renameManifest(renamed, tag, path).split('\n')).toHaveLength(text.split('\n').length)
  }
})
