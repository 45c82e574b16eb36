import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { dumpModelInfo, parseModelInfo } from '../../src/store/model-info.js'

const home = mkdtempSync(join(tmpdir(), 'bento-formats-'))
execFileSync('tar', ['xf', join(import.meta.dirname, '../../fixtures/bentoml/home.tar'), '-C', home])
afterAll(() => rmSync(home, { recursive: true }))

describe('every model.yaml that BentoML wrote', () => {
  const files = execFileSync('find', [home, '-name', 'model.yaml'], { encoding: 'utf8' }).trim().split('\n')
  test.each(files.map(file => [file.slice(home.length + 1), file]))('%s', (_name, file) => {
    const text = readFileSync(file, 'utf8')
    expect(dumpModelInfo(parseModelInfo(text, file), { quoting: 'pyyaml' })).toBe(text)
  })
})
