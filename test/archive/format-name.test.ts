import { describe, expect, it } from 'vitest'
import { formatOfName, parseFormat } from '../../src/archive/format-name.js'

describe('formatOfName', () => {
  it.each([
    ['m.bentomodel', 'bentomodel'],
    ['a/b/m.bento', 'bento'],
    ['m.tar', 'tar'],
    ['m.zip', 'zip'],
    ['m.gz', 'gz'],
    ['m.tgz', 'gz'],
    ['m.tar.gz', 'gz'],
    ['m.xz', 'xz'],
    ['m.txz', 'xz'],
    ['m.tar.xz', 'xz'],
    ['m.bz2', 'bz2'],
    ['m.tbz', 'bz2'],
    ['m.tbz2', 'bz2'],
    ['m.tar.bz2', 'bz2'],
    ['M.ZIP', 'zip'],
    ['M.Tar.Gz', 'gz'],
    ['v1.0.tar', 'tar'],
    ['C:\\x\\m.zip', 'zip'],
    ['m', undefined],
    ['v1.0', undefined],
    ['m.bin', undefined],
    ['m.zip/', undefined],
    ['m.zip/x', undefined],
    ['.zip', undefined],
    ['a/.tar', undefined],
    ['m.', undefined],
    ['m.folder', undefined],
    ['zip', undefined],
    ['m.constructor', undefined],
    ['', undefined],
  ])('%j: %s', (name, format) => expect(formatOfName(name)).toBe(format))
})

describe('parseFormat', () => {
  it.each([
    ['bentomodel', 'bentomodel'],
    ['folder', 'folder'],
    ['ZIP', 'zip'],
    ['tgz', 'gz'],
    ['tar.xz', 'xz'],
    ['Tar.Bz2', 'bz2'],
  ])('%j: %s', (text, format) => expect(parseFormat(text)).toBe(format))

  it.each(['', 'rar', 'toString', 'x.', '\u001b[0m'])('refuses %j', text => {
    expect(() => parseFormat(text)).toThrow(expect.objectContaining({ code: 'FORMAT_UNKNOWN' }))
  })
})
