import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { OPTION_NAMES } from '../../src/config/options.js'
import { ERROR_CODES } from '../../src/core/errors.js'
import { repository } from '../support/served.js'

const read = (file: string) => readFileSync(join(repository, file), 'utf8')
const pages = ['README.md', 'CONTRIBUTING.md', ...readdirSync(join(repository, 'docs')).map(name => `docs/${name}`)]

it('docs/errors.md has each code once, and no other', () => {
  const listed = [...read('docs/errors.md').matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code)
  expect(listed.sort()).toEqual(Object.keys(ERROR_CODES).sort())
})

it('docs/plugin.md has a heading for each option, and no other', () => {
  const listed = [...read('docs/plugin.md').matchAll(/^### `(\w+)`/gm)].map(([, option]) => option)
  expect(listed.sort()).toEqual([...OPTION_NAMES].sort())
})

describe.each(pages)('%s', page => {
  const text = read(page)

  it('links to pages and headings that exist', () => {
    const broken = [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter(target => !resolves(page, target))
    expect(broken).toEqual([])
  })

  it('names only npm scripts that exist', () => {
    const scripts = Object.keys(JSON.parse(read('package.json')).scripts)
    const named = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, script = '']) => script)
    // `npm run dev` and `npm run build` of a user's own project are fine, too.
    expect(named.filter(script => !scripts.includes(script) && script !== 'dev')).toEqual([])
  })
})

function resolves(page: string, target: string): boolean {
  const [file = '', heading] = target.split('#')
  const path = file === '' ? page : join(page, '..', file)
  try {
    return heading === undefined ? read(path) !== '' : headings(read(path)).includes(heading)
  } catch (error) {
    // A folder has no text, but is there.
    return (error as { code?: string }).code === 'EISDIR'
  }
}

/** The anchors that a forge makes of a page's headings. */
function headings(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
