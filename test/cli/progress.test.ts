import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { formatRate, formatTime, Pace } from '../../src/cli/pace.js'
import { Progress } from '../../src/cli/progress.js'

const MIB = 2 ** 20

let shown: string
const columns = Object.getOwnPropertyDescriptor(process.stderr, 'columns')

beforeEach(() => {
  shown = ''
  vi.useFakeTimers()
  vi.spyOn(process.stderr, 'write').mockImplementation(text => {
    shown += text
    return true
  })
  terminalOf(100)
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
  Object.defineProperty(process.stderr, 'columns', columns ?? { value: undefined, configurable: true })
})

function terminalOf(value: number): void {
  Object.defineProperty(process.stderr, 'columns', { value, configurable: true, writable: true })
}

/** The lines that were drawn over one another. */
function frames(): string[] {
  return shown.split('\r\x1b[K').slice(1)
}

const copying = { doing: 'copying', total: 2048, done: async () => 1024 }

describe('Progress', () => {
  it('says nothing of a work that takes less than a second', async () => {
    const progress = new Progress(true, true)
    progress.phase(copying)
    await vi.advanceTimersByTimeAsync(900)
    progress.end()
    await vi.advanceTimersByTimeAsync(5000)
    expect(shown).toBe('')
  })

  it('draws a bar on a terminal, with rate and time left, and clears it', async () => {
    const progress = new Progress(true, true)
    progress.phase(copying)
    await vi.advanceTimersByTimeAsync(1000)
    expect(frames()).toEqual(['copying [============            ]  50 % of 2.00 KiB, 1.0 KiB/s, 0:01 left'])
    progress.phase({ doing: 'computing the digest of', total: 2048 })
    await vi.advanceTimersByTimeAsync(0)
    progress.end()
    expect(frames().slice(1)).toEqual(['computing the digest of 2.00 KiB …', ''])
    progress.end()
    expect(frames()).toHaveLength(3)
  })

  it('prints a line a phase elsewhere', async () => {
    const progress = new Progress(true, false)
    progress.phase(copying)
    await vi.advanceTimersByTimeAsync(5000)
    progress.phase({ doing: 'computing the digest of', total: 2048 })
    await vi.advanceTimersByTimeAsync(5000)
    const at = progress.follow('importing')
    at({ done: 1 })
    await vi.advanceTimersByTimeAsync(5000)
    progress.end()
    expect(shown).toBe('copying 2.00 KiB …\ncomputing the digest of 2.00 KiB …\nimporting …\n')
  })

  it('says nothing where it is not wanted', async () => {
    const progress = new Progress(false, true)
    progress.phase(copying)
    await vi.advanceTimersByTimeAsync(5000)
    progress.end()
    expect(shown).toBe('')
  })

  it('follows a work whose total is known, or not', async () => {
    const progress = new Progress(true, true)
    const exporting = progress.follow('exporting')
    exporting({ done: 8 * MIB, total: 1024 * MIB })
    await vi.advanceTimersByTimeAsync(1000)
    exporting({ done: 512 * MIB, total: 1024 * MIB })
    await vi.advanceTimersByTimeAsync(1000)
    const importing = progress.follow('importing')
    await vi.advanceTimersByTimeAsync(500)
    importing({ done: 300 * MIB })
    await vi.advanceTimersByTimeAsync(500)
    const seen = frames()
    expect(seen[0]).toBe('exporting [                        ]   0 % of 1.00 GiB, 8.0 MiB/s, 2:07 left')
    expect(seen[4]).toBe('exporting [============            ]  50 % of 1.00 GiB, 256.0 MiB/s, 0:02 left')
    expect(seen.at(-1)).toBe('importing 300.00 MiB, 300.0 MiB/s …')
  })

  it('shows no time left where nothing moves, and never more than the whole', async () => {
    const progress = new Progress(true, true)
    const at = progress.follow('importing')
    at({ done: 0, total: MIB })
    await vi.advanceTimersByTimeAsync(1000)
    expect(frames().at(-1)).toBe('importing [                        ]   0 % of 1.00 MiB, 0.0 B/s')
    at({ done: 2 * MIB, total: MIB })
    await vi.advanceTimersByTimeAsync(1000)
    expect(frames().at(-1)).toBe('importing [========================] 100 % of 1.00 MiB, 1.0 MiB/s, 0:00 left')
  })

  it('never fills a line of the terminal, since what wraps cannot be cleared', async () => {
    const progress = new Progress(true, true)
    progress.follow('exporting')({ done: 100 * MIB, total: 1000 * MIB })
    const widths: number[] = []
    for (let columns = 90; columns > 5; columns--) {
      terminalOf(columns)
      await vi.advanceTimersByTimeAsync(1000)
      widths.push((frames().at(-1) ?? '').length - columns)
    }
    expect(Math.max(...widths)).toBeLessThan(0)
  })

  it('counts on where counting fails', async () => {
    const progress = new Progress(true, true)
    progress.phase({ ...copying, done: () => Promise.reject(new Error('gone')) })
    await vi.advanceTimersByTimeAsync(1300)
    expect(frames()).toEqual(['copying 2.00 KiB …', 'copying 2.00 KiB …'])
  })
})

describe('Pace', () => {
  it('is that of the last ten seconds', () => {
    const pace = new Pace()
    for (let second = 0; second <= 60; second++) pace.note(second * 1000, second <= 30 ? second * MIB : 30 * MIB)
    expect(pace.rate).toBe(0)
    for (let second = 61; second <= 75; second++) pace.note(second * 1000, 30 * MIB + (second - 60) * 4 * MIB)
    expect(pace.rate).toBe(4 * MIB)
  })

  it('is not told of a moment', () => {
    const pace = new Pace()
    expect(pace.rate).toBeUndefined()
    pace.note(0, 0)
    pace.note(400, MIB)
    expect(pace.rate).toBeUndefined()
    pace.note(500, MIB)
    expect(pace.rate).toBe(2 * MIB)
  })

  it('begins anew where the count does', () => {
    const pace = new Pace()
    pace.note(0, 0)
    pace.note(1000, 5 * MIB)
    pace.note(2000, MIB)
    expect(pace.rate).toBeUndefined()
    pace.note(3000, 2 * MIB)
    expect(pace.rate).toBe(MIB)
  })

  it('of a steady work is its rate, however often it tells', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 2, maxLength: 200 }),
        fc.integer({ min: 1, max: 1e6 }),
        (steps, rate) => {
          const pace = new Pace()
          let time = 0
          for (const step of steps) {
            time += step
            pace.note(time, time * rate)
          }
          if (pace.rate !== undefined) expect(pace.rate).toBeCloseTo(rate * 1000, 3)
        },
      ),
    )
  })
})

it.each([
  [0, '0.0 B/s'],
  [1023, '1023.0 B/s'],
  [1024, '1.0 KiB/s'],
  [12.34 * MIB, '12.3 MiB/s'],
  [1024 * MIB - 1, '1.0 GiB/s'],
  [3e15, '2728.5 TiB/s'],
])('a rate of %d bytes a second is shown as %s', (rate, text) => expect(formatRate(rate)).toBe(text))

it.each([
  [0, '0:00'],
  [0.2, '0:01'],
  [42, '0:42'],
  [59.5, '1:00'],
  [725, '12:05'],
  [3600, '1:00:00'],
  [359_999, '99:59:59'],
])('%d seconds are shown as %s', (seconds, text) => expect(formatTime(seconds)).toBe(text))
