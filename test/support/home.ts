import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const FIXTURES = fileURLToPath(new URL('../../fixtures/bentoml/', import.meta.url))

/** Absolute path of a file of `fixtures/bentoml`. */
export function bentomlFixture(name: string): string {
  return join(FIXTURES, name)
}

/** A temporary folder, removed when the test ends. */
export function scratchFolder(parent: string = tmpdir()): string {
  const dir = mkdtempSync(join(parent, 'vpb-test-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Path of a store home that does not exist yet, in a temporary folder that is removed when the test ends. */
export function scratchHome(): string {
  return join(scratchFolder(), 'home')
}

/** A copy of the BENTOML_HOME that BentoML 1.4.39 made (`fixtures/bentoml`), removed when the test ends. */
export function fixtureHome(): string {
  const home = scratchHome()
  mkdirSync(home)
  execFileSync('tar', ['-xf', bentomlFixture('home.tar'), '-C', home])
  return home
}

