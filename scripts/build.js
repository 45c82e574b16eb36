// Builds `dist/`: the compiled package, and the self-contained runtime that goes into bentos.
// The work happens in a scratch folder that takes dist's place at the end, so nobody ever runs half a build.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildCli } from './build-cli.js'
import { buildFaces } from './build-faces.js'
import { buildRuntime } from './build-runtime.js'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const cache = join(root, 'node_modules', '.cache', 'vite-plugin-bento')
const scratch = join(cache, `build-${process.pid}`)

try {
  await mkdir(scratch, { recursive: true })
  // tsc writes what it can even where types are wrong; the exit code still tells.
  process.exitCode = compile(scratch)
  await buildRuntime(join(scratch, 'runtime'))
  // Code that does not compile may import what is not there; it stays as files, for whoever is mending it.
  if (process.exitCode === 0) {
    await buildCli(scratch)
    await buildFaces(scratch)
  }
  await makeExecutable(join(scratch, 'cli', 'main.js'))
  await replaceFolder(join(root, 'dist'), scratch)
} finally {
  await rm(scratch, { recursive: true, force: true })
}

/** Runs TypeScript; returns its exit code. */
function compile(outDir) {
  const tsc = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript/package.json')))
  const run = spawnSync(process.execPath, [tsc, '-p', '.', '--outDir', outDir], { cwd: root, stdio: 'inherit' })
  if (run.error) throw run.error
  return run.status ?? 1
}

/** The bin's executable bit; Windows has none, and npm makes its own wrapper there. */
async function makeExecutable(file) {
  await chmod(file, 0o755).catch(error => {
    if (error.code !== 'ENOENT' || process.exitCode === 0) throw error
  })
}

/**
 * Puts `fresh` where `target` is, with the shortest moment without. Another build may do the same at the same moment: the
 * last one stays.
 */
async function replaceFolder(target, fresh) {
  for (let attempt = 1; ; attempt++) {
    const old = join(cache, `old-${process.pid}-${attempt}`)
    await rename(target, old).catch(error => {
      if (error.code !== 'ENOENT') throw error
    })
    try {
      return await rename(fresh, target)
    } catch (error) {
      const occupied = ['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code)
      if (!occupied || attempt === 10 || !existsSync(target)) throw error
    } finally {
      await rm(old, { recursive: true, force: true })
    }
  }
}
