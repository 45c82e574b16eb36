import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { selectFiles } from '../../src/files/select.js'
import { scratchFolder } from '../support/home.js'

/** A tree of files; a content of a `.bentoignore` is its lines. */
function tree(files: Readonly<Record<string, string>>): string {
  const root = join(scratchFolder(), 'a project')
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

async function select(
  root: string,
  include: string[],
  exclude: string[] = [],
  isBarred: (path: string) => boolean = () => false,
) {
  const { files, ...rest } = await selectFiles(root, { include, exclude, isBarred })
  return { files: files.map(({ path }) => path), ...rest }
}

const DATA = { 'a.sql': '', 'data/b.sql': '', 'data/deep/c.sql': '', 'data/x.csv': '', 'src/data/y.csv': '', z: '' }

describe('include', () => {
  it.each<[string, string[], string[]]>([
    ['a name with a star at any depth', ['*.sql'], ['a.sql', 'data/b.sql', 'data/deep/c.sql']],
    ['an anchored folder at the top', ['/data/'], ['data/b.sql', 'data/deep/c.sql', 'data/x.csv']],
    ['a folder at any depth', ['data/'], ['data/b.sql', 'data/deep/c.sql', 'data/x.csv', 'src/data/y.csv']],
    ['a path with a slash inside from the top', ['data/x.csv'], ['data/x.csv']],
    ['one star for one level', ['data/*.sql'], ['data/b.sql']],
    ['two stars for any level', ['data/**/*.sql'], ['data/b.sql', 'data/deep/c.sql']],
    ['two stars in front', ['**/data/*.csv'], ['data/x.csv', 'src/data/y.csv']],
    ['a later pattern that takes back', ['/data/', '!*.csv'], ['data/b.sql', 'data/deep/c.sql']],
    [
      'what is taken back, added again',
      ['/data/', '!/data/deep/', 'c.sql'],
      ['data/b.sql', 'data/deep/c.sql', 'data/x.csv'],
    ],
    ['no order that brings back what comes first', ['!a.sql', '*.sql'], ['a.sql', 'data/b.sql', 'data/deep/c.sql']],
    ['braces as they are', ['*.{sql,csv}', 'z'], ['z']],
    ['a comment as nothing', ['# *.sql', 'z'], ['z']],
    ['case as it is', ['*.SQL', 'z'], ['z']],
  ])('takes %s', async (_name, include, files) => {
    expect((await select(tree(DATA), include)).files).toEqual(files)
  })

  it('tells which patterns match nothing', async () => {
    const selection = await select(tree(DATA), ['*.sql', 'missing/', '/src/*.sql', '!nothing'], ['never'])
    expect(selection.unused).toEqual(['missing/', '/src/*.sql'])
  })

  it('finds hidden files and names with the characters of patterns', async () => {
    const root = tree({ '.hidden/x': '', 'a (1)/[b].txt': '', 'a (1)/b.txt': '' })
    expect((await select(root, ['x', '/a (1)/\\[b\\].txt'])).files).toEqual(['.hidden/x', 'a (1)/[b].txt'])
    expect((await select(root, ['a (1)/b.txt'])).files).toEqual(['a (1)/b.txt'])
  })
})

describe('exclude', () => {
  it('wins over include, and takes back within its own list', async () => {
    const root = tree(DATA)
    expect((await select(root, ['*.sql'], ['data/'])).files).toEqual(['a.sql'])
    expect((await select(root, ['*.sql'], ['data/', '!b.sql'])).files).toEqual(['a.sql', 'data/b.sql'])
    expect((await select(root, ['data/', '!x.csv'], ['!x.csv'])).files).not.toContain('data/x.csv')
  })

  it('also holds where the pattern of include is the path of a file', async () => {
    expect((await select(tree(DATA), ['data/deep/c.sql'], ['/data/deep/'])).files).toEqual([])
  })
})

describe('.bentoignore', () => {
  it('speaks for its folder and below, each by itself', async () => {
    const root = tree({
      '.bentoignore': '*.tmp\n/only-here\n# a comment\n\ncrlf\r\n',
      'only-here': '',
      'a.tmp': '',
      crlf: '',
      'sub/only-here': '',
      'sub/b.tmp': '',
      'sub/c.log': '',
      'sub/.bentoignore': '!b.tmp\n*.log\n!keep.log\n/own',
      'sub/keep.log': '',
      'sub/own': '',
      'sub/deep/own': '',
      'other.log': '',
    })
    // `!b.tmp` undoes lines of its own file alone.
    expect((await select(root, ['*', '!.bentoignore'])).files).toEqual([
      'other.log',
      'sub/deep/own',
      'sub/keep.log',
      'sub/only-here',
    ])
  })

  it('above the folder that include begins in counts as well', async () => {
    const root = tree({ '.bentoignore': '/data/raw/', 'data/raw/x': '', 'data/y': '' })
    expect((await select(root, ['/data/raw/', '/data/y'])).files).toEqual(['data/y'])
  })
})

describe('a tree that is left out', () => {
  /** A tree so deep that a walk dies of the length of its paths, whoever walks. */
  const abyss = (root: string, path: string) => {
    const folder = join(root, path)
    mkdirSync(folder, { recursive: true })
    const name = 'deep'.repeat(60)
    execFileSync('sh', ['-c', `i=0; while [ $i -lt 20 ]; do mkdir ${name} && cd -P ${name}; i=$((i+1)); done`], {
      cwd: folder,
    })
    onTestFinished(() => void execFileSync('rm', ['-rf', folder]))
  }

  it('is never read', async () => {
    const root = tree({ ...DATA, '.bentoignore': '/quiet/' })
    for (const path of ['huge', 'sub/huge', 'quiet', 'barred']) abyss(root, path)
    const isBarred = (path: string) => path.startsWith('barred/')
    const selection = await select(root, ['*.sql'], ['huge/', '!/data/x'], isBarred)
    expect(selection.files).toEqual(['a.sql', 'data/b.sql', 'data/deep/c.sql'])
    expect((await select(root, ['/quiet/', 'z'], ['huge/'], isBarred)).files).toEqual(['z'])
  })

  it('is read where a pattern may take something of it back', async () => {
    const root = tree(DATA)
    abyss(root, 'huge')
    await expect(select(root, ['*.sql'], ['huge/', '!keep.sql'])).rejects.toMatchObject({ code: 'IO_FAILED' })
  })
})

describe('what is barred', () => {
  const isBarred = (path: string) => /(?:^|\/)(?:\.env|vendor)(?:\/|$)/.test(path)
  const files = { '.env': '', 'a/.env': '', 'a/b': '', 'vendor/c': '', 'vendor/d/.env': '', 'a/vendor/c': '' }

  it('goes along only where a pattern without wildcards names it', async () => {
    const root = tree(files)
    expect(await select(root, ['*'], [], isBarred)).toMatchObject({ files: ['a/b'], barred: ['.env', 'a/.env'] })
    expect((await select(root, ['a/'], [], isBarred)).barred).toEqual(['a/.env'])
    expect((await select(root, ['/a/.env'], [], isBarred)).files).toEqual(['a/.env'])
    expect((await select(root, ['.env'], [], isBarred)).files).toEqual(['.env', 'a/.env'])
    expect((await select(root, ['.env'], ['/a/'], isBarred)).files).toEqual(['.env'])
    expect((await select(root, ['.en?'], [], isBarred)).files).toEqual([])
  })

  it('is reached by a name of the folder, but not what is barred in it', async () => {
    const root = tree(files)
    expect((await select(root, ['/vendor/'], [], isBarred)).files).toEqual(['vendor/c'])
    expect((await select(root, ['vendor/c'], [], isBarred)).files).toEqual(['vendor/c'])
    expect((await select(root, ['vendor'], [], isBarred)).files).toEqual(['a/vendor/c', 'vendor/c'])
    expect((await select(root, ['*', '/vendor/d/.env'], [], isBarred)).files).toEqual(['a/b', 'vendor/d/.env'])
  })
})

it('lists links and does not follow them', async () => {
  const root = tree({ 'real/x': '' })
  writeFileSync(join(root, '../outside'), '')
  symlinkSync('..', join(root, 'up'))
  symlinkSync('real', join(root, 'folder'))
  symlinkSync('real/x', join(root, 'file'))
  symlinkSync('..', join(root, 'real/loop'))
  const { files } = await selectFiles(root, { include: ['*'], exclude: [], isBarred: () => false })
  expect(files.map(({ path, kind }) => `${kind} ${path}`)).toEqual([
    'link file',
    'link folder',
    'link real/loop',
    'file real/x',
    'link up',
  ])
})
