import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { orderedPieces } from '../../src/archive/pieces.js'
import { collector, portions, sourceOf } from '../support/archive-data.js'

const bytes = (length: number) => Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 255)

/** Ends after some turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(resolve => setImmediate(resolve))
}

describe('work in pieces', () => {
  it('keeps blocks and order, whatever portions come in and however long jobs and writes take', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(300),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 5 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 90 })),
        fc.infiniteStream(fc.nat(4)),
        async (length, blockSize, atOnce, sizes, waits) => {
          const data = bytes(length)
          const lengths: number[] = []
          const out = collector(() => turns(waits.next().value))
          let under = 0
          await orderedPieces(portions(data, sizes), out, {
            blockSize,
            atOnce,
            async run(block, index) {
              expect(index).toBe(lengths.length)
              lengths.push(block.length)
              expect(++under).toBeLessThanOrEqual(atOnce)
              await turns(waits.next().value)
              under--
              const middle = block.length >> 1
              return [block.subarray(0, middle), block.subarray(middle)]
            },
          })
          expect(out.bytes()).toEqual(Buffer.from(data))
          expect(lengths).toEqual(
            Array.from({ length: Math.ceil(length / blockSize) }, (_, block) =>
              Math.min(blockSize, length - block * blockSize),
            ),
          )
        },
      ),
      { numRuns: 300 },
    )
  })

  it('reads on and works while the sink is busy', async () => {
    let resolve = (): void => undefined
    const promise = new Promise<void>(done => {
      resolve = done
    })
    const begun: number[] = []
    const all = orderedPieces(
      sourceOf(bytes(100)),
      { write: () => promise },
      {
        blockSize: 10,
        atOnce: 2,
        run: async (block, index) => {
          begun.push(index)
          return [block]
        },
      },
    )
    await turns(20)
    expect(begun).toEqual([0, 1, 2, 3])
    resolve()
    await all
    expect(begun).toHaveLength(10)
  })

  it('holds as many blocks as jobs and two, each in a slot that is free when the next comes', async () => {
    const buffers: ArrayBufferLike[] = []
    const streams: Uint8Array[] = []
    const data = bytes(1000)
    const out = collector(() => turns(2))
    await orderedPieces(sourceOf(data), out, {
      blockSize: 10,
      atOnce: 3,
      run: async (block, index, slot) => {
        buffers[slot] ??= block.buffer
        expect(block.buffer).toBe(buffers[slot])
        streams[slot] ??= new Uint8Array(10)
        streams[slot].set(block)
        await turns(index % 3)
        return [streams[slot]]
      },
    })
    expect(buffers).toHaveLength(5)
    expect(out.bytes()).toEqual(Buffer.from(data))
  })

  it.each(['source', 'job', 'sink'] as const)('waits for what is under way when the %s fails', async where => {
    let under = 0
    let reads = 0
    const source = sourceOf(bytes(1000))
    const failing = {
      read: async (into: Uint8Array) => {
        if (where === 'source' && ++reads > 3) throw new Error('broken source')
        return source.read(into)
      },
    }
    const out = collector(async () => {
      under++
      await turns(3)
      under--
      if (where === 'sink') throw new Error('broken sink')
    })
    const all = orderedPieces(failing, out, {
      blockSize: 10,
      atOnce: 4,
      run: async (block, index) => {
        under++
        await turns(index === 2 ? 1 : 9)
        under--
        if (where === 'job' && index === 2) throw new Error('broken job')
        return [block]
      },
    })
    await expect(all).rejects.toThrow(`broken ${where}`)
    expect(under).toBe(0)
    const written = out.bytes()
    expect(written).toEqual(Buffer.from(bytes(1000)).subarray(0, written.length))
    if (where === 'job') expect(written).toHaveLength(20)
    if (where === 'sink') expect(written).toHaveLength(0)
  })

  it('throws what a job throws before its first wait', async () => {
    const all = orderedPieces(sourceOf(bytes(10)), collector(), {
      blockSize: 4,
      atOnce: 1,
      run: () => {
        throw new Error('at once')
      },
    })
    await expect(all).rejects.toThrow('at once')
  })
})
