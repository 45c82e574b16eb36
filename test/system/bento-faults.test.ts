import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { packageService } from '../../src/bento/package-service.js'
import { BentoStore } from '../../src/store/bento-store.js'
import { builtService, packageOptions } from '../bento/built-service.js'
import { scratchFolder, scratchHome } from '../support/home.js'
import { describeNeeding } from '../support/needs.js'
import { repository } from '../support/served.js'

/** Mounts a file system in memory; unmounted when the test ends. */
function mounted(size: string): string {
  const folder = scratchFolder()
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder])
  onTestFinished(() => void execFileSync('umount', ['-l', folder]))
  return folder
}

function files(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file =>
    statSync(join(folder, file)).isFile(),
  )
}

function mountMissing(): string | undefined {
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'the right to mount'
  }
}

describeNeeding(mountMissing(), 'a disk', () => {
  it('that is full: one coded error, nothing visible, nothing left', async () => {
    const home = join(mounted('1m'), 'home')
    const { snapshot, emit } = builtService()
    emit('assets/big.bin', 'x'.repeat(2 << 20))
    await expect(packageService(snapshot, packageOptions(home))).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(files(join(home, 'bentos'))).toEqual([])
    expect(files(join(home, 'tmp'))).toEqual([])
    emit('assets/big.bin', 'x')
    expect(await packageService(snapshot, packageOptions(home))).toMatchObject({ published: true })
  })

  it('that is read-only: one coded error, and what it holds stays', async () => {
    const disk = mounted('8m')
    const home = join(disk, 'home')
    mkdirSync(home)
    const { snapshot, emit } = builtService()
    const { tag } = await packageService(snapshot, packageOptions(home))
    execFileSync('mount', ['-o', 'remount,ro', disk])
    expect(await packageService(snapshot, packageOptions(home))).toMatchObject({ tag, published: false })
    emit('service.js', 'export default 2')
    await expect(packageService(snapshot, packageOptions(home))).rejects.toMatchObject({ code: 'STORE_READ_ONLY' })
    expect((await new BentoStore(home).list()).map(bento => String(bento.tag))).toEqual([tag])
  })
})

describe('a build', () => {
  const program = (snapshot: unknown, options: unknown) => `
import { packageService } from ${JSON.stringify(join(repository, 'dist/bento/package-service.js'))}
process.stdout.write('ready')
const report = await packageService(${JSON.stringify(snapshot)}, ${JSON.stringify(options)})
process.stdout.write(' ' + report.version)
`

  it('in another process, working directory, time zone and locale has the same version', async () => {
    const { snapshot } = builtService()
    const { version } = await packageService(snapshot, packageOptions(scratchHome()))
    const text = program(snapshot, packageOptions(scratchHome()))
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', text], {
      cwd: '/',
      env: { ...process.env, TZ: 'Asia/Kolkata', LC_ALL: 'tr_TR.UTF-8', SOURCE_DATE_EPOCH: '1' },
      encoding: 'utf8',
    })
    expect(printed).toBe(`ready ${version}`)
  })

  it('killed at any moment leaves a whole bento or none, and the next one cleans up', async () => {
    const home = scratchHome()
    const { snapshot, emit } = builtService()
    for (let index = 0; index < 40; index++) emit(`assets/chunk-${index}.js`, `export default ${index}`)
    const store = new BentoStore(home)
    let killed = 0
    for (let round = 0; round < 20; round++) {
      emit('assets/round.js', String(round))
      const child = spawn(process.execPath, ['--input-type=module', '-e', program(snapshot, packageOptions(home))])
      await new Promise(resolve => child.stdout.once('data', resolve))
      setTimeout(() => child.kill('SIGKILL'), round * 4)
      const signal = await new Promise(resolve => child.once('exit', (_code, reason) => resolve(reason)))
      if (signal === 'SIGKILL') killed++
      for (const { path } of await store.list()) {
        execFileSync('sha256sum', ['-c', '--strict', '--quiet', 'SHA256SUMS'], { cwd: path })
      }
    }
    expect(killed).toBeGreaterThan(0)
    const { path, tag } = await packageService(snapshot, packageOptions(home))
    expect(files(join(home, 'tmp'))).toEqual([])
    expect(String((await store.latest('hello')).tag)).toBe(tag)
    expect(readFileSync(join(path, 'src/assets/round.js'), 'utf8')).toBe('19')
  })
})
