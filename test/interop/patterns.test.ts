import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { PatternList } from '../../src/files/patterns.js'
import { describeNeeding } from '../support/needs.js'
import { findPython } from '../support/python.js'

/** What BentoML itself reads `include`, `exclude` and `.bentoignore` with: `build_config.py`, `BentoPathSpec`. */
const PROGRAM = `
import json, sys
import pathspec
answers = []
for lines, paths in json.load(sys.stdin):
    spec = pathspec.PathSpec.from_lines("gitwildmatch", lines)
    answers.append([spec.match_file(path) for path in paths])
json.dump(answers, sys.stdout)
`

const python = findPython('pathspec')
const missing =
  python === undefined ? 'pathspec, which comes with BentoML: name a Python that has it in BENTO_PYTHON' : undefined

describeNeeding(missing, 'patterns as BentoML matches them', () => {
  // Save those that end in `**/`: to git they name folders, as here; to BentoML files as well.
  it('any list of them, any path', () => {
    const name = fc.constantFrom('a', 'b', 'data', 'x.sql', 'y.csv', '.env', 'A', 'a b')
    const wild = fc.oneof(name, fc.constantFrom('*', '*.sql', '?', '**', '[ab]', 'd*a', '[!a]', 'x.*'))
    const pattern = fc
      .tuple(fc.boolean(), fc.boolean(), fc.array(wild, { minLength: 1, maxLength: 3 }), fc.boolean())
      .map(
        ([negated, anchored, parts, folder]) =>
          `${negated ? '!' : ''}${anchored ? '/' : ''}${parts.join('/')}${folder ? '/' : ''}`,
      )
      .filter(text => !text.endsWith('**/'))
    const list = fc.array(fc.oneof({ weight: 9, arbitrary: pattern }, fc.constantFrom('', '# x', '   ')), {
      minLength: 1,
      maxLength: 4,
    })
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map(parts => parts.join('/'))
    const cases = fc.sample(fc.tuple(list, fc.array(path, { minLength: 10, maxLength: 10 })), {
      numRuns: 2000,
      seed: 5,
    })
    const answers = JSON.parse(
      execFileSync(python as string, ['-W', 'ignore', '-c', PROGRAM], {
        input: JSON.stringify(cases),
        encoding: 'utf8',
      }),
    ) as boolean[][]
    const different = cases.flatMap(([lines, paths], index) => {
      const ours = new PatternList(lines)
      return paths.flatMap((path, at) =>
        ours.matches(path) === answers[index]?.[at]
          ? []
          : [`${JSON.stringify(lines)} on ${path}: BentoML says ${answers[index]?.[at]}`],
      )
    })
    expect(different).toEqual([])
  })
})
