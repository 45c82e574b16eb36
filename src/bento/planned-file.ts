import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, lstat, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BentoError } from '../core/errors.js'
import { compareText } from '../core/tag.js'
import { visible } from '../core/text.js'
import { ioError, readError } from '../files/errors.js'
import { hashFile } from '../files/hash.js'
import { FILES_AT_ONCE, forEachLimit } from '../files/pool.js'

/** A file of a bento to be: its place and where its bytes come from. Nothing is written yet. */
export type PlannedFile = PlannedText | PlannedCopy | PlannedLink

/** A file the assembling makes up. */
export interface PlannedText {
  /** POSIX path in the bento. */
  path: string
  text: string
  executable: boolean
}

/** A file that is copied in. */
export interface PlannedCopy {
  path: string
  /** Absolute path of the original. */
  from: string
}

/** A symbolic link, kept as one. */
export interface PlannedLink {
  path: string
  /** Relative, and inside the bento. */
  target: string
}

/** A planned file whose bytes are known. */
export type MeasuredFile =
  | { path: string; kind: 'file'; executable: boolean; sha256: string; size: number; source: PlannedText | PlannedCopy }
  | { path: string; kind: 'link'; target: string }

/**
 * Reads what the plan names: SHA-256, size in bytes and executable bit of each file, in order of path.
 *
 * @throws `IO_FAILED` when a file to copy can't be read.
 */
export async function measure(plan: readonly PlannedFile[]): Promise<MeasuredFile[]> {
  const measured: MeasuredFile[] = []
  await forEachLimit(plan, FILES_AT_ONCE, async file => {
    measured.push('from' in file ? await measureCopy(file) : measureRest(file))
  })
  return measured.sort((a, b) => compareText(a.path, b.path))
}

function measureRest(file: PlannedText | PlannedLink): MeasuredFile {
  if ('target' in file) return { path: file.path, kind: 'link', target: file.target }
  const bytes = Buffer.from(file.text)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { path: file.path, kind: 'file', executable: file.executable, sha256, size: bytes.length, source: file }
}

async function measureCopy(file: PlannedCopy): Promise<MeasuredFile> {
  try {
    const [stats, sha256] = await Promise.all([lstat(file.from), hashFile(file.from)])
    // Windows has no executable bit; whatever Node makes of the file's name there must not count.
    const executable = process.platform !== 'win32' && (stats.mode & 0o100) !== 0
    return { path: file.path, kind: 'file', executable, sha256, size: stats.size, source: file }
  } catch (error) {
    throw readError(error, 'read a file of the build', file.from)
  }
}

/**
 * Writes measured files below `dir`, copies as copy-on-write clones where the file system can.
 *
 * @throws `DISK_FULL`, `STORE_READ_ONLY`, `IO_FAILED`
 */
export async function writePlan(dir: string, files: readonly MeasuredFile[]): Promise<void> {
  try {
    for (const folder of new Set(files.map(file => dirname(join(dir, file.path)))))
      await mkdir(folder, { recursive: true })
    await forEachLimit(files, FILES_AT_ONCE, file => writeOne(join(dir, file.path), file))
  } catch (error) {
    throw ioError(error, 'write the bento', dir)
  }
}

async function writeOne(to: string, file: MeasuredFile): Promise<void> {
  if (file.kind === 'link') return symlink(file.target, to)
  const { source } = file
  if ('text' in source) return writeFile(to, source.text, { flag: 'wx', mode: source.executable ? 0o755 : 0o644 })
  return copyFile(source.from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
}

/**
 * Makes sure that what was written is what was measured.
 *
 * @param written the files of the folder, hashed again
 * @throws `IO_FAILED` when an original changed in between.
 */
export function checkWritten(
  files: readonly MeasuredFile[],
  written: readonly { path: string; sha256: string }[],
): void {
  const hashes = new Map(written.map(({ path, sha256 }) => [path, sha256]))
  const changed = files.filter(file => file.kind === 'file' && hashes.get(file.path) !== file.sha256)
  if (changed.length === 0) return
  const names = changed.map(file => visible(file.path)).join(', ')
  throw new BentoError('IO_FAILED', `Files changed while they were being packaged: ${names}.`, {
    hint: 'Build again, and let nothing else write into the output folder meanwhile.',
  })
}
