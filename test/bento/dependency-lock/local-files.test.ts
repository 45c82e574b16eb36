import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { localFiles } from '../../../src/bento/dependency-lock/local-files.js'
import { TestProject } from './project.js'

const FILES = [
  'dist/index.js',
  'dist/index.js.map',
  'dist/deep/more.js',
  'src/index.ts',
  'test/index.test.ts',
  'README.md',
  'LICENSE',
  'data/a.json',
  'data/b.bin',
  'node_modules/x/index.js',
  '.git/config',
  '.DS_Store',
]

function local(manifest: object, more: Record<string, string> = {}): TestProject {
  const project = new TestProject()
  for (const path of FILES) project.write(path, path)
  for (const [path, text] of Object.entries(more)) project.write(path, text)
  project.write('package.json', { name: 'local', version: '1.0.0', main: 'dist/index.js', ...manifest })
  return project
}

/** What the real npm packs. */
function packed(project: TestProject): string[] {
  const text = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: project.root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  })
  const [{ files }] = JSON.parse(text) as [{ files: { path: string }[] }]
  return files.map(({ path }) => path).filter(path => path !== 'package.json')
}

it.each<[string, object, Record<string, string>]>([
  ['"files"', { files: ['dist', '!dist/**/*.map', 'data/*.json'] }, {}],
  ['"files" that names what .gitignore does', { files: ['dist/'] }, { '.gitignore': 'dist\n' }],
  ['.npmignore', {}, { '.npmignore': 'src\n/test/\n*.map\n' }],
  ['.npmignore beside .gitignore', {}, { '.npmignore': 'src\n', '.gitignore': 'dist\n' }],
])('a local package travels as npm packs it by %s', async (_, manifest, more) => {
  const project = local(manifest, more)
  const found = await localFiles(project.root, project.json('package.json'))
  expect([...found].sort()).toEqual(packed(project).sort())
  expect(found).toContain('dist/index.js')
})

it('where nothing is said, what git ignores goes along', async () => {
  const project = local({}, { '.gitignore': 'dist\n', '.env': 'TOKEN=1' })
  const found = await localFiles(project.root, project.json('package.json'))
  expect(found).toContain('dist/deep/more.js')
  expect(found.filter(path => /node_modules|\.git|\.env|DS_Store/.test(path))).toEqual([])
})
