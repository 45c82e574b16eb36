import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, contentOf } from '../../src/bento/content-version.js'
import type { MeasuredFile } from '../../src/bento/planned-file.js'
import { isTagPart } from '../../src/core/tag.js'

const sha256 = fc.stringMatching(/^[0-9a-f]{64}$/)
const file: fc.Arbitrary<MeasuredFile> = fc.oneof(
  fc
    .record({ path: fc.string({ minLength: 1 }), executable: fc.boolean(), sha256, size: fc.nat() })
    .map(
      known => ({ ...known, kind: 'file', source: { path: known.path, from: `/somewhere/${known.size}` } }) as const,
    ),
  fc
    .record({ path: fc.string({ minLength: 1 }), target: fc.string({ minLength: 1 }) })
    .map(known => ({ ...known, kind: 'link' }) as const),
)
const files = fc.uniqueArray(file, { selector: known => known.path, minLength: 1 })
const manifest = fc.dictionary(
  fc.string(),
  fc.oneof(fc.string(), fc.boolean(), fc.dictionary(fc.string(), fc.string())),
)

describe('content version', () => {
  it('is 16 characters of base32, the head of the hash', () => {
    fc.assert(
      fc.property(files, manifest, (some, known) => {
        const { version, hash } = contentOf(some, known)
        expect(version).toMatch(/^[a-z2-7]{16}$/)
        expect(isTagPart(version)).toBe(true)
        expect(hash).toMatch(/^sha256:[0-9a-f]{64}$/)
      }),
    )
  })

  it('agrees with a value worked out by hand', () => {
    // printf '%s' '{"files":["[\"file\",\"a\",\"00\"]"],"manifest":{"b":1}}' | sha256sum | xxd -r -p | head -c 10 | base32
    const one: MeasuredFile = {
      path: 'a',
      kind: 'file',
      executable: false,
      sha256: '00',
      size: 0,
      source: { path: 'a', from: 'a' },
    }
    expect(contentOf([one], { b: 1 }).version).toBe('a3oigx3zl3pwd4si')
  })

  it('ignores order, size and origin', () => {
    fc.assert(
      fc.property(files, manifest, (some, known) => {
        const moved = [...some]
          .reverse()
          .map(item =>
            item.kind === 'link' ? item : { ...item, source: { path: item.path, text: '', executable: false } },
          )
        const turned = Object.fromEntries(Object.entries(known).reverse())
        expect(contentOf(moved, turned)).toEqual(contentOf(some, known))
      }),
    )
  })

  it('reacts to every input', () => {
    fc.assert(
      fc.property(files, manifest, fc.nat(), sha256, (some, known, pick, other) => {
        const before = contentOf(some, known).version
        const index = pick % some.length
        const chosen = some[index] as MeasuredFile
        const replaced = (by: MeasuredFile) => contentOf(some.with(index, by), known).version
        expect(contentOf(some.toSpliced(index, 1), known).version).not.toBe(before)
        expect(contentOf(some, { ...known, added: 'yes' }).version).not.toBe(before)
        expect(replaced({ ...chosen, path: `${chosen.path}.` })).not.toBe(before)
        if (chosen.kind === 'link') {
          expect(replaced({ ...chosen, target: `${chosen.target}.` })).not.toBe(before)
          return
        }
        expect(replaced({ ...chosen, executable: !chosen.executable })).not.toBe(before)
        if (other !== chosen.sha256) expect(replaced({ ...chosen, sha256: other })).not.toBe(before)
        expect(replaced({ path: chosen.path, kind: 'link', target: chosen.sha256 })).not.toBe(before)
      }),
    )
  })
})

describe('canonical JSON', () => {
  it('reads back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('sorts keys at every depth and keeps the order of lists', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }, 3], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1},3]}')
  })
})
