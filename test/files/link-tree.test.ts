import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { linkTree } from '../../src/files/link-tree.js'
import { scratchFolder } from '../support/home.js'

describe('showing a tree at a second place', () => {
  function tree(): string {
    const from = scratchFolder()
    mkdirSync(join(from, 'folder'), { mode: 0o700 })
    writeFileSync(join(from, 'folder/open'), 'open', { mode: 0o644 })
    writeFileSync(join(from, 'folder/secret'), 'secret', { mode: 0o600 })
    writeFileSync(join(from, 'run.sh'), 'run', { mode: 0o700 })
    symlinkSync('folder/open', join(from, 'link'))
    return from
  }

  it('takes no space for files that everyone can read', async () => {
    const [from, to] = [tree(), join(scratchFolder(), 'to')]
    await linkTree(from, to)
    expect(statSync(join(to, 'folder/open')).ino).toBe(statSync(join(from, 'folder/open')).ino)
    expect(readlinkSync(join(to, 'link'))).toBe('folder/open')
  })

  it('opens the others to everyone, and leaves the originals as they are', async () => {
    const [from, to] = [tree(), join(scratchFolder(), 'to')]
    await linkTree(from, to)
    const mode = (path: string) => statSync(path).mode & 0o777
    expect(['folder/secret', 'run.sh', 'folder'].map(path => mode(join(to, path)))).toEqual([0o644, 0o755, 0o755])
    expect(['folder/secret', 'run.sh', 'folder'].map(path => mode(join(from, path)))).toEqual([0o600, 0o700, 0o700])
    expect(readFileSync(join(to, 'folder/secret'), 'utf8')).toBe('secret')
  })

  it.skipIf(!existsSync('/dev/shm'))('copies where the other place is on another file system', async () => {
    const [from, to] = [tree(), join(scratchFolder('/dev/shm'), 'to')]
    await linkTree(from, to)
    expect(readFileSync(join(to, 'folder/open'), 'utf8')).toBe('open')
    chmodSync(join(to, 'folder/open'), 0o600)
    expect(statSync(join(from, 'folder/open')).mode & 0o777).toBe(0o644)
  })
})
