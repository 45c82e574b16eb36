// Looks at the package as its users get it: packs it, then publint and attw on the tarball, and knip on the sources.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const scratch = mkdtempSync(join(tmpdir(), 'bento-package-'))
try {
  run('npm', 'pack', '--ignore-scripts', '--silent', '--pack-destination', scratch)
  const tarball = join(scratch, readdirSync(scratch)[0])
  const failed = [['publint', 'run', tarball, '--strict'], ['attw', tarball, '--profile', 'esm-only'], ['knip']].filter(
    command => !run('npx', '--no', ...command),
  )
  process.exitCode = failed.length > 0 ? 1 : 0
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

function run(command, ...args) {
  console.log(`\n$ ${command} ${args.join(' ')}`)
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (error) throw error
  return status === 0
}
