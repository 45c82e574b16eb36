/** How much time back the rate of a work is measured, milliseconds: long enough to be steady, short enough to be true. */
const WINDOW = 10_000
/** Below this much time, milliseconds, bytes tell little about the rate. */
const SHORTEST = 500

/** Measures how fast a work is from what it says of itself now and then. */
export class Pace {
  readonly #samples: { time: number; done: number }[] = []

  /**
   * Takes note of how far the work is.
   *
   * @param time milliseconds of a clock that never goes back
   * @param done bytes
   */
  note(time: number, done: number): void {
    // Whoever counts again from the start has no pace from before.
    if (done < (this.#samples.at(-1)?.done ?? 0)) this.#samples.length = 0
    this.#samples.push({ time, done })
    // The first sample kept is the last that is as old as the window.
    while (time - (this.#samples[1]?.time ?? time) >= WINDOW) this.#samples.shift()
  }

  /** Bytes a second over the last seconds; undefined while that cannot be told. */
  get rate(): number | undefined {
    const [first] = this.#samples
    const last = this.#samples.at(-1)
    if (first === undefined || last === undefined || last.time - first.time < SHORTEST) return undefined
    return ((last.done - first.done) * 1000) / (last.time - first.time)
  }
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** `12.3 MiB/s`: one digit less than sizes have, since it changes all the time. */
export function formatRate(bytesPerSecond: number): string {
  let unit = 0
  // A hundredth less, so that nothing is shown as 1024.0.
  while (unit < UNITS.length - 1 && bytesPerSecond >= 1023.95 * 1024 ** unit) unit++
  return `${(bytesPerSecond / 1024 ** unit).toFixed(1)} ${UNITS[unit]}/s`
}

/**
 * Time as a clock shows it: `0:42`, `12:05`, `3:00:00`.
 *
 * @param seconds not negative; a part of a second counts as a whole one, so that nothing is left at `0:00`
 */
export function formatTime(seconds: number): string {
  const whole = Math.ceil(seconds)
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  return hours === 0 ? `${minutes}:${two(whole % 60)}` : `${hours}:${two(minutes)}:${two(whole % 60)}`
}
