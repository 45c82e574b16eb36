import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { BentoOptions } from '../../src/config/options.js'
import { repository } from './served.js'

const example = join(repository, 'examples/iris')

/**
 * Builds a copy of `examples/iris` into the store `home`, with the models that Python saved.
 *
 * @param options of the plugin
 * @param files more files of the project
 */
export function buildIris(home: string, options: BentoOptions, files: Record<string, string> = {}): void {
  const folder = mkdtempSync(join(tmpdir(), 'iris-'))
  try {
    for (const name of ['src', 'package.json', 'package-lock.json', 'tsconfig.json']) {
      cpSync(join(example, name), join(folder, name), { recursive: true })
    }
    cpSync(join(repository, 'fixtures/home'), home, { recursive: true })
    const config = `import { bento } from 'vite-plugin-bento'\nexport default { plugins: [bento(${JSON.stringify(options)})] }\n`
    for (const [name, text] of Object.entries({ ...files, 'vite.config.js': config })) {
      writeFileSync(join(folder, name), text)
    }
    symlinkSync(installedPackages(), join(folder, 'node_modules'))
    const vite = join(repository, 'node_modules/vite/bin/vite.js')
    run(process.execPath, [vite, 'build'], folder, { BENTOML_HOME: home })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The example's packages, installed as the demo does it; those of `examples/digits` are the same. */
export function installedPackages(): string {
  const folder = join(example, 'node_modules')
  if (!existsSync(join(folder, '.package-lock.json'))) run('npm', ['ci', '--ignore-scripts'], example)
  return folder
}

function run(file: string, args: string[], cwd: string, env: Record<string, string> = {}): void {
  const { status, stdout, stderr } = spawnSync(file, args, { cwd, env: { ...process.env, ...env }, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${[file, ...args].join(' ')} in ${cwd} ended with ${status}:\n${stdout}${stderr}`)
}

interface Recorded {
  input: number[][]
  label: number[]
  name: string[]
  probabilities: number[][]
}

/** Asks a running iris service about each recorded flower, and expects what Python recorded. */
export async function expectRecorded(url: string): Promise<void> {
  const recorded: Recorded = JSON.parse(readFileSync(join(repository, 'fixtures/bentoml/iris.json'), 'utf8'))
  const answers = []
  for (const features of recorded.input) {
    const response = await fetch(`${url}/classify`, { method: 'POST', body: JSON.stringify(features) })
    answers.push((await response.json()) as { label: number; name: string; probabilities: number[] })
  }
  expect(answers.map(({ label }) => label)).toEqual(recorded.label)
  expect(answers.map(({ name }) => name)).toEqual(recorded.name)
  const far = answers.flatMap(({ probabilities }, flower) =>
    probabilities.map((probability, at) =>
      Math.abs(probability - (recorded.probabilities[flower]?.[at] ?? Number.NaN)),
    ),
  )
  expect(Math.max(...far)).toBeLessThan(1e-5)
}
