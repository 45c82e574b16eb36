import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { noteUnfinished, removeUnfinished } from '../../src/files/cleanup.js'
import { openStage } from '../../src/files/stage.js'
import { scratchFolder, scratchHome } from '../support/home.js'
import { repository } from '../support/served.js'

test('what is noted goes with all it holds; what is released, or outside, stays', () => {
  const dir = scratchFolder()
  for (const name of ['folder', 'kept', 'outside']) {
    mkdirSync(join(dir, name))
    writeFileSync(join(dir, name, 'file'), 'x')
  }
  writeFileSync(join(dir, 'file'), 'x')
  symlinkSync(join(dir, 'outside'), join(dir, 'folder', 'link'))
  noteUnfinished(join(dir, 'folder'))
  noteUnfinished(join(dir, 'file'))
  noteUnfinished(join(dir, 'never made'))
  noteUnfinished(join(dir, 'kept'))()
  removeUnfinished()
  expect(existsSync(join(dir, 'folder'))).toBe(false)
  expect(existsSync(join(dir, 'file'))).toBe(false)
  expect(existsSync(join(dir, 'kept', 'file'))).toBe(true)
  expect(readFileSync(join(dir, 'outside', 'file'), 'utf8')).toBe('x')
})

test('is done once: a path made anew later is not ours', () => {
  const path = join(scratchFolder(), 'file')
  noteUnfinished(path)
  removeUnfinished()
  writeFileSync(path, 'x')
  removeUnfinished()
  expect(existsSync(path)).toBe(true)
})

test('stages are noted until they are discarded', async () => {
  const home = scratchHome()
  const stage = await openStage(home)
  writeFileSync(join(stage.dir, 'half'), 'x')
  removeUnfinished()
  expect(existsSync(stage.root)).toBe(false)
  const next = await openStage(home)
  await next.discard()
  mkdirSync(next.root)
  removeUnfinished()
  expect(existsSync(next.root)).toBe(true)
})

test('what another copy of this package has noted goes, too', async () => {
  const copy = pathToFileURL(join(repository, 'dist/files/cleanup.js')).href
  const { noteUnfinished: noteThere } = await import(/* @vite-ignore */ copy)
  expect(noteThere).not.toBe(noteUnfinished)
  const [path, released] = ['half', 'released'].map(name => join(scratchFolder(), name)) as [string, string]
  for (const file of [path, released]) writeFileSync(file, 'x')
  noteThere(path)
  noteThere(released)()
  removeUnfinished()
  expect([path, released].map(file => existsSync(file))).toEqual([false, true])
})
