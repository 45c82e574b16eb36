import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { modelPath } from '../../src/runtime/model-path.js'
import { scratchFolder, writeFiles } from './service-process.js'

afterEach(() => void vi.unstubAllEnvs())

/** A bento, another one, and a store; `holders` are those that hold the model. */
function place(...holders: string[]) {
  const root = scratchFolder()
  writeFiles(root, { 'bento/bento.yaml': '', 'bento/src/assets/lazy.js': '' })
  for (const holder of holders) writeFiles(root, { [`${holder}/models/iris_clf/v1/model.yaml`]: '' })
  vi.stubEnv('BENTO_PATH', join(root, 'other'))
  vi.stubEnv('BENTOML_HOME', join(root, 'store'))
  const url = pathToFileURL(join(root, 'bento/src/assets/lazy.js')).href
  return { root, url, inside: (holder: string) => join(root, holder, 'models', 'iris_clf', 'v1') }
}

describe('modelPath', () => {
  it('prefers the bento around the bundle, then BENTO_PATH, then the store', () => {
    const holders = ['bento', 'other', 'store']
    for (const first of holders) {
      const { url, inside } = place(...holders.slice(holders.indexOf(first)))
      expect(modelPath('iris_clf:v1', url)).toBe(inside(first))
    }
  })

  it('works where no bento is around the bundle, or the bundle is no file', () => {
    const { root, inside } = place('store')
    expect(modelPath('iris_clf:v1', pathToFileURL(join(root, 'elsewhere/src/server.js')).href)).toBe(inside('store'))
    expect(modelPath('iris_clf:v1', 'data:text/javascript,0')).toBe(inside('store'))
  })

  it('expands BENTOML_HOME as BentoML does', () => {
    const { root, url, inside } = place('store')
    vi.stubEnv('PLACE', root)
    vi.stubEnv('INNER', '$PLACE/store')
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as a shell has it.
    for (const home of ['$PLACE/store', '${PLACE}/store', '${INNER}']) {
      vi.stubEnv('BENTOML_HOME', home)
      expect(modelPath('iris_clf:v1', url)).toBe(inside('store'))
    }
    vi.stubEnv(process.platform === 'win32' ? 'USERPROFILE' : 'HOME', root)
    vi.stubEnv('BENTOML_HOME', '~/store')
    expect(modelPath('iris_clf:v1', url)).toBe(inside('store'))
  })

  it('a folder without its manifest is no model', () => {
    const { root, url, inside } = place('store')
    writeFiles(root, { 'bento/models/iris_clf/v1/model.onnx': '' })
    expect(modelPath('iris_clf:v1', url)).toBe(inside('store'))
  })

  it('says which model is missing, where it looked, and how to get it', () => {
    const { url, inside } = place()
    vi.stubEnv('BENTOML_HOME', '')
    const store = resolve(homedir(), 'bentoml', 'models', 'iris_clf', 'v1')
    expect(() => modelPath('iris_clf:v1', url)).toThrow(
      `Model iris_clf:v1, which this bento was built with, is not on this machine. ` +
        `Looked in ${inside('bento')}, ${inside('other')}, ${store}. ` +
        'Run "bento models export iris_clf:v1" (or bentoml) where it is, and "bento models import <file>" here, ' +
        'or set BENTOML_HOME to a store that holds it.',
    )
  })
})
