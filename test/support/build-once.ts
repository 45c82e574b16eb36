import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = join(dirname(fileURLToPath(import.meta.url)), '../..')

/**
 * Builds `dist` before the first test, unless it is newer than every source.
 * `BENTO_TEST_BUILD=0` leaves it as it is.
 */
export default function setup(): void {
  if (process.env.BENTO_TEST_BUILD === '0') return
  const built = oldestOutput()
  if (built > Math.max(newest('src'), newest('scripts'), newest('package-lock.json'))) return
  execFileSync(process.execPath, ['scripts/build.js'], { cwd: repository, stdio: 'inherit' })
}

function oldestOutput(): number {
  const faces = ['dist/plugin/vite.js', 'dist/cli/main.js', 'dist/runtime/server.js'].map(file =>
    join(repository, file),
  )
  return Math.min(...faces.map(file => (existsSync(file) ? statSync(file).mtimeMs : 0)))
}

function newest(path: string): number {
  const whole = join(repository, path)
  const stats = statSync(whole)
  if (!stats.isDirectory()) return stats.mtimeMs
  return Math.max(stats.mtimeMs, ...readdirSync(whole).map(name => newest(join(path, name))))
}
