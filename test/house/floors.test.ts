import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { expect, it } from 'vitest'
import { repository } from '../support/served.js'

/** Folders of `src/`, ground floor first; a floor imports only from those below it, and from itself. */
const FLOORS = [
  'core',
  'files',
  'archive',
  'store',
  'transfer',
  'bento',
  'serve',
  'container',
  'config',
  'plugin',
  'build',
  'cli',
]

const source = join(repository, 'src')
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))

interface Import {
  from: string
  to: string
}

const imports: Import[] = files.flatMap(from =>
  [...readFileSync(join(source, from), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, to = '']) => ({
    from,
    to: relative(source, join(source, dirname(from), to)),
  })),
)

it('finds the imports it judges', () => {
  expect(imports.length).toBeGreaterThan(files.length)
  expect([...new Set(files.map(floorOf))].sort()).toEqual([...FLOORS, 'runtime'].sort())
})

it('imports only downwards', () => {
  const upwards = imports.filter(
    ({ from, to }) => floorOf(from) !== 'runtime' && FLOORS.indexOf(floorOf(to)) > FLOORS.indexOf(floorOf(from)),
  )
  expect(upwards).toEqual([])
})

it('keeps the runtime, which is bundled into bentos, to itself', () => {
  expect(imports.filter(({ from, to }) => floorOf(from) === 'runtime' && floorOf(to) !== 'runtime')).toEqual([])
})

it('never loads a bundler or arborist with the store or at the start of the command line', () => {
  const heavy = /from '(vite|rollup|rolldown|@npmcli\/arborist)'/
  const eager = files.filter(file =>
    ['store', 'transfer', 'archive', 'cli', 'core', 'files', 'serve'].includes(floorOf(file)),
  )
  expect(eager.filter(file => heavy.test(readFileSync(join(source, file), 'utf8')))).toEqual([])
})

function floorOf(file: string): string {
  return file.split(sep)[0] ?? ''
}
