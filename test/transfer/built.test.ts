import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageService } from '../../src/bento/package-service.js'
import { builtService, packageOptions, pinnedModel } from '../bento/built-service.js'
import { scratchFolder } from '../support/home.js'
import { FORMATS, refusal, storesOf, type World, world } from './world.js'

/** A bento as a build leaves it: checksums, digest, a model pinned by its digest. */
async function builtBento(stores: World): Promise<string> {
  const { snapshot, emit } = builtService()
  emit('assets/run.sh', '#!/bin/sh\n')
  chmodSync(join(snapshot.outDir, 'assets/run.sh'), 0o755)
  const pins = [await pinnedModel(stores.home)]
  const { version } = await packageService({ ...snapshot, pins }, packageOptions(stores.home))
  return `hello:${version}`
}

test.each(FORMATS.map(format => (format === 'bentomodel' ? 'bento' : format)))(
  'a built bento comes back equal by %s, and passes sha256sum -c',
  async format => {
    const from = world()
    const tag = await builtBento(from)
    const { path } = await from.bentos.exportBento(tag, join(scratchFolder(), 'out'), { format })
    const to = world()
    const { bento, missing } = await to.bentos.importBento(path!)
    expect(missing).toEqual([])
    expect(storesOf(to)).toEqual(storesOf(from))
    execFileSync('sha256sum', ['-c', '--strict', '--quiet', 'SHA256SUMS'], { cwd: bento.path })
  },
)

test('what was changed on the way is refused, whatever it is', async () => {
  const from = world()
  const { path } = await from.bentos.exportBento(await builtBento(from), scratchFolder(), { format: 'folder' })
  for (const [spoil, code] of [
    [(dir: string) => writeFileSync(join(dir, 'src/service.js'), 'evil'), 'DIGEST_MISMATCH'],
    [(dir: string) => writeFileSync(join(dir, 'src/more.js'), ''), 'DIGEST_MISMATCH'],
    [(dir: string) => writeFileSync(join(dir, 'models/iris_clf/v2/model.onnx'), 'evil'), 'DIGEST_MISMATCH'],
    [
      (dir: string) => writeFileSync(join(dir, 'models/iris_clf/v2/model.yaml'), 'x'.repeat(2 << 20)),
      'MANIFEST_INVALID',
    ],
  ] as const) {
    const dir = join(scratchFolder(), 'copy')
    execFileSync('cp', ['-r', path!, dir])
    spoil(dir)
    const stores = world()
    expect(await refusal(stores, () => stores.bentos.importBento(dir))).toMatchObject({ code })
  }
})

test('a model that was saved anew since the build is not exported in the place of the pinned one', async () => {
  const from = world()
  const tag = await builtBento(from)
  rmSync(join(from.models.root, 'iris_clf'), { recursive: true })
  await pinnedModel(from.home, 'iris_clf:v2', 'others')
  const out = scratchFolder()
  const failure = await refusal(from, () => from.bentos.exportBento(tag, out), out)
  expect(failure).toMatchObject({ code: 'DIGEST_MISMATCH', details: { models: ['iris_clf:v2'] } })
  // Nor is it taken for it by an import that comes without models.
  const { path } = await from.bentos.exportBento(tag, out, { models: false })
  const to = world()
  mkdirSync(to.home)
  await pinnedModel(to.home, 'iris_clf:v2', 'others')
  expect(await refusal(to, () => to.bentos.importBento(path!))).toMatchObject({ code: 'DIGEST_MISMATCH' })
})
