import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BentoStore, ModelStore } from '../../src/transfer/index.js'
import { fixtureHome, scratchFolder } from '../support/home.js'

test('what JavaScript may pass, whatever the types say, gets a coded error', async () => {
  const home = fixtureHome()
  const file = join(scratchFolder(), 'x')
  for (const [store, name] of [
    [new ModelStore(home), 'iris_clf'],
    [new BentoStore(home), 'greeter'],
  ] as const) {
    const call = store as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
    const kind = store instanceof ModelStore ? 'Model' : 'Bento'
    const exported = (...args: unknown[]) => call[`export${kind}`]?.call(store, ...args)
    const imported = (...args: unknown[]) => call[`import${kind}`]?.call(store, ...args)
    for (const odd of [undefined, null, 5]) {
      await expect(exported(odd, file)).rejects.toMatchObject({ code: 'TAG_INVALID' })
      await expect(imported(odd)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    }
    for (const odd of [null, 5, {}]) await expect(exported(name, odd)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    for (const odd of [null, 'zip', { signal: 1 }]) {
      await expect(exported(name, file, odd)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
      await expect(imported(file, odd)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    }
  }
  const renamed = new ModelStore(home).importModel(file, { as: 5 as unknown as string })
  await expect(renamed).rejects.toMatchObject({ code: 'TAG_INVALID' })
})
