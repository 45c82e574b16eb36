import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Progress } from '../../src/cli/progress.js'

let shown: string

beforeEach(() => {
  shown = ''
  vi.useFakeTimers()
  vi.spyOn(process.stderr, 'write').mockImplementation(text => {
    shown += text
    return true
  })
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const copying = { doing: 'copying', total: 2048, done: async () => 1024 }

it('says nothing of a work that takes less than a second', async () => {
  const progress = new Progress(true, true)
  progress.phase(copying)
  await vi.advanceTimersByTimeAsync(900)
  progress.end()
  await vi.advanceTimersByTimeAsync(5000)
  expect(shown).toBe('')
})

it('draws a bar on a terminal, and clears it', async () => {
  const progress = new Progress(true, true)
  progress.phase(copying)
  await vi.advanceTimersByTimeAsync(1000)
  expect(shown).toBe('\r\x1b[Kcopying [============            ]  50 % of 2.00 KiB')
  progress.phase({ doing: 'computing the digest of', total: 2048 })
  await vi.advanceTimersByTimeAsync(0)
  progress.end()
  expect(shown.endsWith('\r\x1b[Kcomputing the digest of 2.00 KiB …\r\x1b[K')).toBe(true)
})

it('prints a line a phase elsewhere', async () => {
  const progress = new Progress(true, false)
  progress.phase(copying)
  await vi.advanceTimersByTimeAsync(5000)
  progress.phase({ doing: 'computing the digest of', total: 2048 })
  await vi.advanceTimersByTimeAsync(5000)
  progress.end()
  expect(shown).toBe('copying 2.00 KiB …\ncomputing the digest of 2.00 KiB …\n')
})

it('says nothing where it is not wanted', async () => {
  const progress = new Progress(false, true)
  progress.phase(copying)
  await vi.advanceTimersByTimeAsync(5000)
  progress.end()
  expect(shown).toBe('')
})
