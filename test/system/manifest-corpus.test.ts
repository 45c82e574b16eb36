import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { isBentoError } from '../../src/core/errors.js'
import { scratchFolder } from '../support/home.js'
import { describeOver } from '../support/needs.js'
import { repository } from '../support/served.js'
import { refusal, tarOf, type World, world } from '../transfer/world.js'

const CORPUS = join(repository, '..', 'shared', 'fixtures', 'archives')
const MANIFESTS = join(CORPUS, 'MANIFEST.tsv')

interface Row {
  path: string
  expected: string
  reason: string
}

const KINDS = ['model', 'bento'] as const
type Kind = (typeof KINDS)[number]

/** What the corpus, which is about one thing each, leaves out of a manifest. */
const REST: Record<Kind, Record<string, string>> = {
  model: {
    version: 'v1',
    module: "''",
    labels: '{}',
    options: '{}',
    metadata: '{}',
    context: "{framework_name: '', framework_versions: {}}",
    api_version: 'v1',
    creation_time: "'2024-01-01T00:00:00+00:00'",
  },
  bento: { version: 'v1', service: "''" },
}

function rows(): Row[] {
  if (!existsSync(MANIFESTS)) return []
  return readFileSync(MANIFESTS, 'utf8')
    .split('\n')
    .map(line => line.split('\t'))
    .filter(([, format]) => format === 'yaml')
    .map(([path = '', , expected = '', reason = '']) => ({ path, expected, reason }))
}

/** The text, and the keys that it lacks after it: what is refused then is refused for what the row is about. */
function completed(text: string, kind: Kind): string {
  const missing = Object.entries(REST[kind]).filter(([key]) => !new RegExp(`^${key}:`, 'm').test(text))
  return `${text}${text.endsWith('\n') ? '' : '\n'}${missing.map(([key, value]) => `${key}: ${value}\n`).join('')}`
}

/** A tar with nothing but the manifest. */
function archiveOf(text: string, kind: Kind): string {
  const dir = scratchFolder()
  writeFileSync(join(dir, `${kind}.yaml`), text)
  return tarOf(dir, join(scratchFolder(), 'a.tar'))
}

const importInto = ({ models, bentos }: World, kind: Kind, file: string) =>
  kind === 'model' ? models.importModel(file) : bentos.importBento(file)

/** `ok`, or the code of the error; a refusal must leave no trace. */
async function outcome(kind: Kind, text: string): Promise<string> {
  const stores = world()
  const file = archiveOf(text, kind)
  try {
    await importInto(stores, kind, file)
    return 'ok'
  } catch {
    const failure = await refusal(stores, () => importInto(stores, kind, file))
    if (!isBentoError(failure)) throw failure
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may reach a terminal
    expect(failure.message).not.toMatch(/[\x00-\x1f\x7f-\x9f]/)
    expect(failure.message.length).toBeLessThan(1000)
    return failure.code
  }
}

describeOver(CORPUS, 'manifests of the corpus, in an archive', () => {
  it.each(rows())('$path: $expected ($reason)', async ({ path, expected }) => {
    const text = readFileSync(join(CORPUS, path), 'utf8')
    // A model.yaml makes no Dockerfile: there `docker` is a key that nobody knows.
    for (const kind of KINDS.filter(name => name === 'bento' || !text.includes('docker:'))) {
      const found = [await outcome(kind, completed(text, kind)), await outcome(kind, text)]
      if (expected === 'ok') expect(found[0]).toBe('ok')
      if (expected === 'reject') expect(found).toEqual(['MANIFEST_INVALID', 'MANIFEST_INVALID'])
    }
  })
})
