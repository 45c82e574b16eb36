// Times commands in pairs, taking turns, so that whatever else the machine does falls on both alike.
import { spawnSync } from 'node:child_process'

/**
 * Runs each of `sides` once to warm up, then `rounds` times in turns.
 *
 * @param {Record<string, () => void>} sides what to time, by name; the first is the one the others are compared with
 * @param {number} rounds
 * @returns {Record<string, number[]>} milliseconds of each round
 */
export function takeTurns(sides, rounds) {
  const times = Object.fromEntries(Object.keys(sides).map(name => [name, []]))
  for (const run of Object.values(sides)) run()
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(sides)) {
      const start = performance.now()
      run()
      times[name].push(performance.now() - start)
    }
  }
  return times
}

/** The same with one round and nothing to warm up, for what takes minutes. */
export function once(sides) {
  const times = {}
  for (const [name, run] of Object.entries(sides)) {
    const start = performance.now()
    run()
    times[name] = [performance.now() - start]
  }
  return times
}

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * Prints a line for each side: median, range, and the median of the ratios to the first side, round by round.
 *
 * @param {string} title
 * @param {Record<string, number[]>} times what {@link takeTurns} returned
 */
export function print(title, times) {
  const [[, base], ...others] = Object.entries(times)
  console.log(`\n${title} (${base.length === 1 ? 'one round' : `${base.length} rounds`})`)
  for (const [name, values] of Object.entries(times)) {
    const range = `${milliseconds(Math.min(...values))} to ${milliseconds(Math.max(...values))}`
    console.log(`  ${name.padEnd(44)} ${milliseconds(median(values)).padStart(10)}   (${range})`)
  }
  for (const [name, values] of others) {
    const ratio = median(values.map((value, round) => value / base[round]))
    const difference = median(values.map((value, round) => value - base[round]))
    console.log(
      `  ${name}: ${ratio.toFixed(2)} times the first, ${difference >= 0 ? '+' : ''}${milliseconds(difference)}`,
    )
  }
}

function milliseconds(value) {
  return value >= 10_000 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(0)} ms`
}

/** A side that runs a command, which must succeed; its output is not looked at. */
export function command(file, args, options = {}) {
  return () => {
    const { status, stderr, error } = spawnSync(file, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      ...options,
    })
    if (error) throw error
    if (status !== 0) throw new Error(`${[file, ...args].join(' ')} ended with ${status}: ${stderr}`)
  }
}
