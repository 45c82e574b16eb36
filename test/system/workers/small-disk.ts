import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, fstatSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { systemCode } from '../../../src/core/errors.js'
import { scratchFolder } from '../../support/home.js'

/** What `describeNeeding` wants to hear. */
export function mountMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'root, to mount a small disk'
  const dir = mkdtempSync(join(tmpdir(), 'vpb-mount-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir]).status === 0
  if (mounted) spawnSync('umount', [dir])
  rmSync(dir, { recursive: true })
  return mounted ? undefined : 'the right to mount a small disk'
}

/** A disk in memory, mounted at a temporary folder until the test ends. */
export function smallDisk(options: string): string {
  const dir = scratchFolder()
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', dir])
  onTestFinished(() => void spawnSync('umount', ['-l', dir]))
  return dir
}

/** Changes the options of a {@link smallDisk}. */
export function remount(disk: string, options: string): void {
  execFileSync('mount', ['-o', `remount,${options}`, disk])
}

/** Fills a disk with one file, all but `free` bytes. */
export function fillUp(path: string, free: number): void {
  const file = openSync(path, 'w')
  const block = Buffer.alloc(1024)
  try {
    for (;;) writeSync(file, block)
  } catch (error) {
    if (systemCode(error) !== 'ENOSPC') throw error
  } finally {
    ftruncateSync(file, Math.max(0, fstatSync(file).size - free))
    closeSync(file)
  }
}
