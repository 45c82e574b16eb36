import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { ARCHIVE_FORMATS, extract, pack } from '../../src/archive/index.js'
import { gaussians } from '../support/archive-data.js'
import { scratchFolder } from '../support/home.js'
import { describeNeeding } from '../support/needs.js'
import { mountMissing, smallDisk } from './workers/small-disk.js'

const FACE = fileURLToPath(new URL('../../dist/archive/index.js', import.meta.url))
/** A user that owns nothing. */
const NOBODY = 65534

/** A folder with 6 MB that don't shrink. */
function sample(): string {
  const dir = scratchFolder()
  mkdirSync(join(dir, 'd'))
  writeFileSync(join(dir, 'd/weights'), Buffer.from(gaussians(1_500_000, 1).buffer))
  writeFileSync(join(dir, 'a'), 'a')
  return dir
}

const code = (expected: string) => expect.objectContaining({ code: expected })

describeNeeding(mountMissing(), 'archives on a disk of their own', () => {
  test('an empty mounted disk is filled; one that is too small is left empty', async () => {
    const { path = '' } = await pack(sample(), join(scratchFolder(), 'x.tar'))
    const disk = smallDisk('size=8m')
    const before = statSync(disk).ino
    await extract(path, disk)
    expect(readdirSync(disk).sort()).toEqual(['a', 'd'])
    expect(statSync(disk).ino).toBe(before)
    const small = smallDisk('size=2m')
    await expect(extract(path, small)).rejects.toEqual(code('DISK_FULL'))
    // As much as it says, but for once it is wrong.
    await expect(extract(path, small, { limits: { bytes: 1e9 } })).rejects.toEqual(code('DISK_FULL'))
    expect(readdirSync(small)).toEqual([])
  })

  test.each(ARCHIVE_FORMATS)('nothing is left of what does not fit: %s', async format => {
    const disk = smallDisk('size=2m')
    await expect(pack(sample(), join(disk, 'made/x'), { format })).rejects.toEqual(code('DISK_FULL'))
    expect(readdirSync(disk)).toEqual([])
  })
})

describeNeeding(process.getuid?.() === 0 ? undefined : 'root, to work as another user', 'a folder of another', () => {
  test('is filled where it cannot be replaced, and refused where it cannot be filled', async () => {
    const { path = '' } = await pack(sample(), join(scratchFolder(), 'x.tar'))
    const above = scratchFolder()
    mkdirSync(join(above, 'mine'))
    chownSync(join(above, 'mine'), NOBODY, NOBODY)
    for (const folder of [above, dirname(path)]) chmodSync(folder, 0o755)
    const script = `import { extract } from ${JSON.stringify(FACE)}
      for (const to of ['mine', 'new']) console.log(await extract(process.argv[1], to).then(() => 'ok', error => error.code))`
    const options = { cwd: above, uid: NOBODY, gid: NOBODY, encoding: 'utf8' } as const
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', script, path], options)
    expect(run.stdout + run.stderr).toBe('ok\nTARGET_INVALID\n')
    expect(readdirSync(above)).toEqual(['mine'])
    expect(readdirSync(join(above, 'mine')).sort()).toEqual(['a', 'd'])
  })
})
