import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Tag } from '../../src/core/tag.js'
import type { Model } from '../../src/store/index.js'
import { BentoStore, ModelStore } from '../../src/transfer/index.js'
import { scratchFolder, scratchHome } from '../support/home.js'
import { oddBento, oddModel, world } from './world.js'

/** Others save the same model right after this store was asked for it for the first time, and was without it. */
class Overtaken extends ModelStore {
  readonly #others: () => Promise<unknown>
  #asked = false

  constructor(home: string, others: () => Promise<unknown>) {
    super(home)
    this.#others = others
  }

  override async list(...args: Parameters<ModelStore['list']>): Promise<Model[]> {
    const found = await super.list(...args)
    if (!this.#asked) {
      this.#asked = true
      await this.#others()
    }
    return found
  }
}

describe('an import that meets another one of the same model', () => {
  async function exported(): Promise<{ model: string; bento: string }> {
    const source = world()
    await oddBento(source)
    const out = scratchFolder()
    await source.models.exportModel('odd:v1', join(out, 'odd.tar'))
    await source.bentos.exportBento('svc:b1', join(out, 'svc.tar'))
    return { model: join(out, 'odd.tar'), bento: join(out, 'svc.tar') }
  }

  test('skips it where that is asked for', async () => {
    const { model } = await exported()
    const home = scratchHome()
    const store = new Overtaken(home, () => new ModelStore(home).importModel(model))
    expect(await store.importModel(model, { skipExisting: true })).toMatchObject({ outcome: 'exists' })
  })

  test('says that it exists where it is not', async () => {
    const { model } = await exported()
    const home = scratchHome()
    const store = new Overtaken(home, () => new ModelStore(home).importModel(model))
    await expect(store.importModel(model)).rejects.toMatchObject({ code: 'TAG_EXISTS', hint: /--skip-existing/ })
  })

  test('takes it for the one that the bento carries', async () => {
    const { model, bento } = await exported()
    const home = scratchHome()
    const models = new Overtaken(home, () => new ModelStore(home).importModel(model))
    const store = new (class extends BentoStore {
      override get models(): ModelStore {
        return models
      }
    })(home)
    const imported = await store.importBento(bento)
    const outcomes = imported.models.map(({ tag, outcome }: { tag: Tag; outcome: string }) => `${tag} ${outcome}`)
    expect(outcomes).toEqual(['odd:v1 same', 'other:v1 imported', 'other:v2 imported'])
  })

  test('refuses the bento where the other one is different', async () => {
    const { bento } = await exported()
    const home = scratchHome()
    const others = world(home)
    const models = new Overtaken(home, () => oddModel(others))
    const store = new (class extends BentoStore {
      override get models(): ModelStore {
        return models
      }
    })(home)
    await expect(store.importBento(bento)).rejects.toMatchObject({ code: 'TAG_EXISTS', reason: /other content/ })
  })
})
