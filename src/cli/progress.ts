import { isatty } from 'node:tty'
import { formatSize } from '../core/text.js'
import { printError } from './output.js'
import { formatRate, formatTime, Pace } from './pace.js'

/** How long a command works before it says so, milliseconds. */
const PATIENCE = 1000
const FRAME = 250
const WIDTH = 24
/** A bar shorter than this shows nothing that the percentage does not. */
const SHORTEST_BAR = 8
/** Time left beyond this, in seconds, is no more than a guess. */
const FORESEEABLE = 100 * 3600
/** Columns of a terminal that does not tell. */
const USUAL_COLUMNS = 80

/** What is being done, and how far it is. */
export interface Phase {
  /** `copying` */
  doing: string
  /** Bytes in all; absent where that is not known. */
  total?: number
  /** Bytes done so far; absent where progress can't be told. */
  done?: () => number | Promise<number>
}

/**
 * Says on stderr how far a long work is: on a terminal a bar with rate and time left, one plain line a phase elsewhere, nothing
 * where it is not wanted or the work takes less than a second.
 */
export class Progress {
  readonly #wanted: boolean
  readonly #bar: boolean
  readonly #start = performance.now()
  #phase: Phase | undefined
  #pace = new Pace()
  #timer: NodeJS.Timeout | undefined
  #drawn = false

  constructor(wanted: boolean, terminal: boolean = isatty(2)) {
    this.#wanted = wanted
    this.#bar = terminal
  }

  /** Begins the next phase. */
  phase(phase: Phase): void {
    this.#phase = phase
    if (!this.#wanted) return
    this.#pace = new Pace()
    this.#pace.note(performance.now(), 0)
    clearTimeout(this.#timer)
    this.#schedule(Math.max(0, this.#start + PATIENCE - performance.now()))
  }

  /** Begins a phase that tells by itself how far it is: by calling what is returned, with bytes. */
  follow(doing: string): (at: { done: number; total?: number }) => void {
    let done = 0
    const phase: Phase = { doing, done: () => done }
    this.phase(phase)
    return at => {
      done = at.done
      if (at.total !== undefined) phase.total = at.total
    }
  }

  /** Ends the work and clears the bar. */
  end(): void {
    this.#phase = undefined
    clearTimeout(this.#timer)
    if (this.#drawn) printError('\r\x1b[K')
    this.#drawn = false
  }

  #schedule(delay: number): void {
    this.#timer = setTimeout(() => void this.#show(), delay).unref()
  }

  async #show(): Promise<void> {
    const phase = this.#phase
    if (phase === undefined) return
    const started = performance.now()
    const done = this.#bar ? await counted(phase) : undefined
    // The phase may have ended while the bytes were counted.
    if (phase !== this.#phase) return
    if (!this.#bar) return printError(`${plain(phase)}\n`)
    const now = performance.now()
    if (done !== undefined) this.#pace.note(now, done)
    this.#drawn = true
    printError(`\r\x1b[K${drawn(phase, done, this.#pace.rate, process.stderr.columns || USUAL_COLUMNS)}`)
    // Counting may be slow where there are many files: never spend more than a tenth of the time on it.
    this.#schedule(Math.max(FRAME, (now - started) * 10))
  }
}

async function counted(phase: Phase): Promise<number | undefined> {
  try {
    return await phase.done?.()
  } catch {
    // What is counted may be on its way elsewhere.
    return undefined
  }
}

/** `copying 2.00 KiB …` */
function plain({ doing, total }: Phase): string {
  return total === undefined ? `${doing} …` : `${doing} ${formatSize(total)} …`
}

/** The line of a terminal, never as wide as it: a line that wraps could not be cleared. */
function drawn(phase: Phase, done: number | undefined, rate: number | undefined, columns: number): string {
  const { doing, total } = phase
  const room = columns - 1
  if (done === undefined) return plain(phase).slice(0, room)
  const pace = rate === undefined ? '' : `, ${formatRate(rate)}`
  if (!total) return `${doing} ${formatSize(done)}${pace} …`.slice(0, room)
  const part = Math.min(1, done / total)
  const left = rate === undefined || rate <= 0 ? undefined : Math.max(0, total - done) / rate
  const time = left === undefined || left > FORESEEABLE ? '' : `, ${formatTime(left)} left`
  const told = `${String(Math.floor(part * 100)).padStart(3)} % of ${formatSize(total)}${pace}${time}`
  const width = Math.min(WIDTH, room - `${doing} [] ${told}`.length)
  if (width < SHORTEST_BAR) return `${doing} ${told}`.slice(0, room)
  const filled = Math.round(part * width)
  return `${doing} [${'='.repeat(filled)}${' '.repeat(width - filled)}] ${told}`
}
