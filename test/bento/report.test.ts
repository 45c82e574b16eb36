import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatReport } from '../../src/bento/report.js'
import { githubOutput, writeGithubOutput, writeReport } from '../../src/bento/report-file.js'
import type { BuildReport } from '../../src/bento/types.js'
import { scratchFolder } from '../support/home.js'

const REPORT: BuildReport = {
  tag: 'iris:k3j5zq7xw2aa4b6c',
  name: 'iris',
  version: 'k3j5zq7xw2aa4b6c',
  path: '/home/ann/bentoml/bentos/iris/k3j5zq7xw2aa4b6c',
  published: true,
  creationTime: '2024-01-02T03:04:05+00:00',
  digest: `sha256:${'0'.repeat(64)}`,
  size: 186_778,
  modelSize: 1_258_291,
  mode: 'handler',
  models: [
    { tag: 'iris_clf:v2', digest: `sha256:${'1'.repeat(64)}`, size: 1_258_291, requests: ['iris_clf'], alias: 'clf' },
  ],
  packages: {
    locked: 3,
    direct: { hono: '4.9.0', 'onnxruntime-node': '1.23.0' },
    blockedScripts: ['onnxruntime-node@1.23.0'],
    platforms: [{ package: 'sharp@0.34.5', present: ['linux/amd64', 'darwin/arm64'], missing: ['windows/amd64'] }],
  },
  warnings: ['assets/.env was left out'],
  duration: 84.4,
}

describe('summary', () => {
  it('tells tag, path, sizes, models, packages, scripts and warnings', () => {
    expect(formatReport(REPORT)).toBe(
      `
bento iris:k3j5zq7xw2aa4b6c published in 84 ms
  path      /home/ann/bentoml/bentos/iris/k3j5zq7xw2aa4b6c
  size      182.40 KiB, models 1.20 MiB
  models    iris_clf:v2 as clf (1.20 MiB)
  packages  3 locked: hono 4.9.0, onnxruntime-node 1.23.0
  platform  sharp@0.34.5 for linux/amd64, darwin/arm64; not windows/amd64
  scripts   not run at install, since allowScripts doesn't name them: onnxruntime-node@1.23.0
  warning   assets/.env was left out`.slice(1),
    )
  })

  it('says when nothing is new', () => {
    expect(formatReport({ ...REPORT, published: false })).toMatch(/^bento unchanged, iris:k3j5zq7xw2aa4b6c \(84 ms\)\n/)
  })

  it('counts packages beyond a handful', () => {
    const direct = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`p${index}`, '1.0.0']))
    const text = formatReport({ ...REPORT, packages: { locked: 90, direct, blockedScripts: [], platforms: [] } })
    expect(text).toContain('90 locked: p0 1.0.0, ')
    expect(text).toContain('p7 1.0.0, 4 more\n')
  })

  it('has the same words in colour', () => {
    const coloured = formatReport(REPORT, { colour: true })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they make the colours
    const plain = coloured.replace(/\x1b\[\d+m/g, '')
    expect(coloured).not.toBe(plain)
    expect(plain).toBe(formatReport(REPORT))
  })

  it('lets no text from outside steer the terminal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const shown = formatReport({
          ...REPORT,
          path: text,
          models: [{ tag: text, digest: text, size: 1, requests: [text], alias: text }],
          packages: {
            locked: 1,
            direct: { [text]: text },
            blockedScripts: [text],
            platforms: [{ package: text, present: [], missing: [text] }],
          },
          warnings: [text],
        })
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not show
        expect(shown).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/)
        expect(shown.split('\n')).toHaveLength(8)
      }),
    )
  })
})

describe('report file', () => {
  it('is JSON in a folder made for it', async () => {
    const path = join(scratchFolder(), 'reports/bento.json')
    await writeReport(REPORT, path)
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(REPORT)
  })

  it('that cannot be written is one clear error', async () => {
    const folder = scratchFolder()
    writeFileSync(join(folder, 'file'), '')
    await expect(writeReport(REPORT, join(folder, 'file/report.json'))).rejects.toMatchObject({ code: 'IO_FAILED' })
    await expect(writeReport(REPORT, folder)).rejects.toMatchObject({ code: 'IO_FAILED' })
  })
})

/** As GitHub's runner reads the file (`FileCommandManager`): `key=value`, or `key<<end`, lines, `end`. */
function readOutput(text: string): Record<string, string> {
  const lines = text.split('\n')
  const found: Record<string, string> = {}
  for (let line = lines.shift(); line !== undefined && line !== ''; line = lines.shift()) {
    const [, key = '', end = ''] = line.match(/^([^=]*?)<<(.*)$/) ?? []
    if (key === '') {
      found[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1)
      continue
    }
    found[key] = lines.splice(0, lines.indexOf(end)).join('\n')
    lines.shift()
  }
  return found
}

describe('GITHUB_OUTPUT', () => {
  it('gets a line each, after what is there', async () => {
    const file = join(scratchFolder(), 'output')
    writeFileSync(file, 'before=1\n')
    await writeGithubOutput({ ...REPORT, published: false }, { GITHUB_OUTPUT: file })
    expect(readFileSync(file, 'utf8')).toBe(
      `before=1\ntag=${REPORT.tag}\nname=iris\nversion=${REPORT.version}\npath=${REPORT.path}\ndigest=${REPORT.digest}\nunchanged=true\n`,
    )
  })

  it('is left alone where it is unset or empty', async () => {
    await writeGithubOutput(REPORT, {})
    await writeGithubOutput(REPORT, { GITHUB_OUTPUT: '' })
  })

  it('cannot be made to hold other outputs', () => {
    const hostile = fc.array(fc.constantFrom('\n', '\r', 'x=1', 'unchanged=true', '<<', 'end', 'a'), { maxLength: 8 })
    fc.assert(
      fc.property(hostile, parts => {
        const path = `/${parts.join('')}`
        expect(readOutput(githubOutput({ ...REPORT, path }))).toEqual({
          tag: REPORT.tag,
          name: 'iris',
          version: REPORT.version,
          path,
          digest: REPORT.digest,
          unchanged: 'false',
        })
      }),
    )
  })
})
