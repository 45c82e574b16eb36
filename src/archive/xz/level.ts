import { availableParallelism } from 'node:os'
import { BentoError } from '../../core/errors.js'
import type { PackLevel } from '../types.js'
import type { LzmaOptions } from './lzma.js'

const MIB = 1024 * 1024

/** How an xz file is to be made. */
export interface XzPlan {
  /** Bytes of data of every block but the last. Part of the format in so far as others would give other bytes. */
  blockSize: number
  /** Whether blocks that would hardly shrink are compressed too. */
  everything: boolean
  lzma: LzmaOptions
  /** Blocks that may be compressed together. */
  atOnce: number
}

/** Bytes that compressing may take, all blocks under way together. */
const MEMORY = 1024 * MIB
/** Threads of libuv's pool, where compressing runs, unless the user set more. */
const POOL = 4

/** xz's own levels from 0 to 9: KiB of dictionary, match finder, nice length and depth (xz(1); 0 is: as it sees fit). */
const LEVELS = [
  [256, 'hc3', 128, 4],
  [1024, 'hc4', 128, 8],
  [2048, 'hc4', 273, 24],
  [4096, 'hc4', 273, 48],
  [4096, 'bt4', 16, 0],
  [8192, 'bt4', 32, 0],
  [8192, 'bt4', 64, 0],
  [16_384, 'bt4', 64, 0],
  [32_768, 'bt4', 64, 0],
  [65_536, 'bt4', 64, 0],
] as const

/**
 * Of text and code, `fast` (xz's level 1) makes a third less than gzip does, as quickly as level 0 makes the same. Blocks
 * of 4 MiB cost it 2 % against blocks of 16.
 */
const FAST = 1
const FAST_BLOCK = 4 * MIB
/** What no block passes: three of its dictionaries lie in a block up to level 7. */
const MOST_BLOCK = 64 * MIB

/**
 * Level 6 `--extreme` with twice the dictionary: within 3 % of the size that 9 `--extreme` gets, in a quarter of its time
 * and memory.
 */
const SMALL: LzmaOptions = { dictionary: 16 * MIB, finder: 'bt4', nice: 273, depth: 512 }
const SMALL_BLOCK = 32 * MIB

/**
 * What a level means for xz.
 *
 * @throws `OPTION_INVALID` unless it is `fast`, `small` or a whole number from 0 to 9
 */
export function xzPlan(level: PackLevel): XzPlan {
  if (level === 'fast') return withJobs({ blockSize: FAST_BLOCK, everything: false, lzma: lzmaLevel(FAST) })
  if (level === 'small') return withJobs({ blockSize: SMALL_BLOCK, everything: true, lzma: SMALL })
  const lzma = lzmaLevel(level)
  const blockSize = Math.min(Math.max(3 * lzma.dictionary, FAST_BLOCK), MOST_BLOCK)
  return withJobs({ blockSize, everything: true, lzma })
}

function lzmaLevel(level: number): LzmaOptions {
  const row = LEVELS[level]
  if (row === undefined) {
    throw new BentoError('OPTION_INVALID', `xz has no level ${level}.`, {
      hint: "Take 'fast', 'small' or a whole number from 0 to 9.",
    })
  }
  const [kib, finder, nice, depth] = row
  return { dictionary: kib * 1024, finder, nice, depth }
}

function withJobs(plan: Omit<XzPlan, 'atOnce'>): XzPlan {
  // A block and its result; the encoder's tables are some eleven times its dictionary.
  const each = 2 * plan.blockSize + 12 * plan.lzma.dictionary
  const atOnce = Math.floor((MEMORY - 2 * plan.blockSize) / each)
  return { ...plan, atOnce: Math.max(1, Math.min(atOnce, availableParallelism(), POOL)) }
}
