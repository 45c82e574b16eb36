// Adds up what `.ci/run` ran. Its folder of results holds `runs.tsv` (kind, name, exit code) and a vitest JSON report a test run.
//   node .ci/results.js skipped-files DIR   test files with a skipped test, one a line
//   node .ci/results.js sum DIR             what failed or stayed skipped, then `N passed, N failed`; exits 1 where anything failed
import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

const [, , what, folder] = process.argv
const runs = readFileSync(join(folder, 'runs.tsv'), 'utf8')
  .trim()
  .split('\n')
  .map(line => line.split('\t'))
  .map(([kind, name, code]) => ({ kind, name, ok: code === '0', tests: kind === 'tests' ? testsOf(name) : undefined }))

if (what === 'skipped-files') {
  const skipped = runs.flatMap(run => run.tests ?? []).filter(test => test.outcome === 'skipped')
  for (const file of new Set(skipped.map(test => test.file))) console.log(file)
} else {
  sum()
}

function sum() {
  // A test that was skipped and then ran with its needs counts once, as it came out last.
  const outcomes = new Map()
  for (const { kind, name, ok, tests } of runs) {
    for (const test of tests ?? []) outcomes.set(`${test.file} > ${test.name}`, test.outcome)
    const explained = tests?.some(test => test.outcome === 'failed')
    if (kind === 'check') outcomes.set(name, ok ? 'passed' : 'failed')
    // Errors outside of tests, or no report at all.
    else if ((!ok && !explained) || tests.length === 0) outcomes.set(`the run ${name}`, 'failed')
  }
  const count = outcome => [...outcomes.values()].filter(other => other === outcome).length
  for (const [name, outcome] of outcomes) if (outcome !== 'passed') console.log(`${outcome}: ${name}`)
  console.log(`${count('passed')} passed, ${count('failed')} failed`)
  process.exitCode = count('failed') > 0 || count('passed') === 0 ? 1 : 0
}

function testsOf(name) {
  const report = join(folder, `${name}.json`)
  if (!existsSync(report)) return []
  return JSON.parse(readFileSync(report, 'utf8')).testResults.flatMap(({ name: file, status, assertionResults }) => {
    const path = relative(process.cwd(), file)
    // A file that does not even load has no tests of its own.
    if (status === 'failed' && assertionResults.length === 0)
      return [{ file: path, name: '(loading)', outcome: 'failed' }]
    return assertionResults.map(test => ({ file: path, name: test.fullName, outcome: outcomeOf(test.status) }))
  })
}

function outcomeOf(status) {
  return status === 'passed' || status === 'failed' ? status : 'skipped'
}
