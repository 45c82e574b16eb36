import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/**
 * Who works in a staging folder. It stands in the folder's name, so that a folder has its owner from its first instant:
 * a file inside could be missing after a kill between making the one and writing the other.
 */
export interface Owner {
  /** 12 hex digits: host name, boot and pid namespace. Equal means that pids can be compared. */
  machine: string
  pid: number
  /** Start time of the process, in the system's own unit, base 36; `0` where the system does not tell. */
  started: string
}

/** What begins the name of every staging folder of ours. Python stages in the same place under other names. */
export const STAGE_PREFIX = 'vite-plugin-bento-'
const NAME = /^vite-plugin-bento-([0-9a-f]{12})-(\d{1,10})-([0-9a-z]{1,13})-\w+$/

let self: Owner | undefined

/** This process as an owner. */
export function thisProcess(): Owner {
  self ??= { machine: machineId(), pid: process.pid, started: startTime(process.pid) ?? '0' }
  return self
}

/** What the names of staging folders of this owner begin with; letters by chance follow. */
export function stageName(owner: Owner): string {
  return `${STAGE_PREFIX}${owner.machine}-${owner.pid}-${owner.started}-`
}

/** Reads the owner back from a staging folder's name; undefined when the name is not one of {@link stageName}. */
export function ownerOf(name: string): Owner | undefined {
  const [, machine, pid, started] = NAME.exec(name) ?? []
  if (machine === undefined || pid === undefined || started === undefined) return undefined
  return { machine, pid: Number(pid), started }
}

/**
 * Whether the owner runs: `dead` is certain. `unknown` for another machine, boot or container, and where a process with
 * that pid runs but the system does not tell when it started.
 */
export function ownerState(owner: Owner): 'alive' | 'dead' | 'unknown' {
  const me = thisProcess()
  if (owner.machine !== me.machine) return 'unknown'
  if (!runs(owner.pid)) return 'dead'
  const started = startTime(owner.pid)
  if (started === undefined || owner.started === '0') return owner.pid === me.pid ? 'alive' : 'unknown'
  return started === owner.started ? 'alive' : 'dead'
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it runs, as another user.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** Linux counts from boot, untouched by the wall clock: field 22 of `/proc/<pid>/stat`. */
function startTime(pid: number): string | undefined {
  const stat = read(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
  // The second field is the command in parentheses and may itself hold spaces and parentheses.
  const ticks = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  return ticks === undefined ? undefined : BigInt(ticks).toString(36)
}

/** Containers share boot and often host name, but not pids: so the pid namespace belongs to it. */
function machineId(): string {
  const boot = read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim())
  const pids = read(() => readlinkSync('/proc/self/ns/pid'))
  return createHash('sha256')
    .update(JSON.stringify([hostname(), boot, pids]))
    .digest('hex')
    .slice(0, 12)
}

function read(what: () => string): string | undefined {
  try {
    return what()
  } catch {
    return undefined
  }
}
