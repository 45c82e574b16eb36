import { spawnSync } from 'node:child_process'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { PackFile } from '../../src/archive/entries.js'
import { readZip } from '../../src/archive/zip/read.js'
import { writeZip } from '../../src/archive/zip/write.js'
import { fileOf } from '../archive/zip-parts.js'
import { LIMITS } from '../support/archive-data.js'
import { scratchFolder } from '../support/home.js'
import { describeNeeding } from '../support/needs.js'
import { findPython, startPython } from '../support/python.js'

const MIB = 1024 * 1024
const python = findPython('zipfile')

const unzip = spawnSync('unzip', ['-v']).status === 0

describeNeeding(python && unzip ? undefined : 'a Python and unzip', 'a zip archive of more than 4 GiB', () => {
  const SIZE = 2 ** 32 + 5 * MIB + 1
  const zeros = Buffer.alloc(MIB)

  /** Zeros that take no room: what is read is not there, and what is written leaves a hole. */
  const huge: PackFile = {
    kind: 'file',
    path: 'huge',
    size: SIZE,
    executable: false,
    open: async () => {
      let left = SIZE
      return {
        read: async into => {
          const count = Math.min(left, into.length)
          into.fill(0, 0, count)
          left -= count
          return count
        },
        close: async () => undefined,
      }
    },
  }

  async function writeHoles(file: FileHandle, pieces: readonly Uint8Array[], from: number): Promise<number> {
    let at = from
    for (const piece of pieces) {
      if (!zeros.subarray(0, piece.length).equals(piece)) await file.write(piece, 0, piece.length, at)
      at += piece.length
    }
    return at
  }

  it('is read as it was written, by us, by Python and by unzip', async () => {
    const path = join(scratchFolder(), 'huge.zip')
    const file = await open(path, 'w')
    let at = 0
    const sink = {
      async write(pieces: readonly Uint8Array[]) {
        at = await writeHoles(file, pieces, at)
      },
    }
    await writeZip([huge, fileOf('later', 'x')], sink, { mtime: 315532800, level: 0 })
    await file.close()
    const found: [string, number][] = []
    for await (const { name, body } of readZip(path, LIMITS)) {
      let length = 0
      for await (const chunk of body) length += chunk.length
      found.push([name, length])
    }
    expect(found).toEqual([
      ['huge', SIZE],
      ['later', 1],
    ])
    const program = `
import zipfile
def answer(path):
    with zipfile.ZipFile(path) as archive:
        return [archive.getinfo("huge").file_size, str(archive.read("later")), archive.open("huge").read(5).hex()]
`
    const peer = startPython(python as string, program)
    expect(await peer.ask(path)).toEqual([SIZE, "b'x'", '0000000000'])
    await peer.close()
    expect(spawnSync('unzip', ['-p', path, 'later'], { encoding: 'utf8' }).stdout).toBe('x')
  })
})
