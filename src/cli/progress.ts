import { formatSize } from '../core/text.js'
import { printError } from './output.js'

/** How long a command works before it says so, milliseconds. */
const PATIENCE = 1000
const FRAME = 250
const WIDTH = 24

/** What is being done, and how far it is. */
export interface Phase {
  /** `copying` */
  doing: string
  /** Bytes in all; absent where progress can't be told. */
  total?: number
  /** Bytes done so far. */
  done?: () => Promise<number>
}

/**
 * Says on stderr how far a long work is: a bar on a terminal, one plain line a phase elsewhere, nothing where it is not wanted
 * or the work takes less than a second.
 */
export class Progress {
  readonly #wanted: boolean
  readonly #bar: boolean
  readonly #start = Date.now()
  #phase: Phase | undefined
  #timer: NodeJS.Timeout | undefined
  #drawn = false

  constructor(wanted: boolean, terminal: boolean = process.stderr.isTTY === true) {
    this.#wanted = wanted
    this.#bar = terminal
  }

  /** Begins the next phase. */
  phase(phase: Phase): void {
    this.#phase = phase
    if (!this.#wanted) return
    clearTimeout(this.#timer)
    this.#schedule(Math.max(0, this.#start + PATIENCE - Date.now()))
  }

  /** Ends the work and clears the bar. */
  end(): void {
    this.#phase = undefined
    clearTimeout(this.#timer)
    if (this.#drawn) printError('\r\x1b[K')
  }

  #schedule(delay: number): void {
    this.#timer = setTimeout(() => void this.#show(), delay).unref()
  }

  async #show(): Promise<void> {
    const phase = this.#phase
    if (phase === undefined) return
    const started = Date.now()
    const done = this.#bar ? await phase.done?.().catch(() => undefined) : undefined
    // The phase may have ended while the bytes were counted.
    if (phase !== this.#phase) return
    const size = phase.total === undefined ? '' : formatSize(phase.total)
    if (!this.#bar) return printError(`${[phase.doing, size].join(' ').trim()} …\n`)
    this.#drawn = true
    printError(`\r\x1b[K${bar(phase, done, size)}`)
    // Counting may be slow where there are many files: never spend more than a tenth of the time on it.
    this.#schedule(Math.max(FRAME, (Date.now() - started) * 10))
  }
}

function bar(phase: Phase, done: number | undefined, size: string): string {
  if (done === undefined || !phase.total) return `${[phase.doing, size].join(' ').trim()} …`
  const part = Math.min(1, done / phase.total)
  const filled = Math.round(part * WIDTH)
  const percent = String(Math.floor(part * 100)).padStart(3)
  return `${phase.doing} [${'='.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${percent} % of ${size}`
}
