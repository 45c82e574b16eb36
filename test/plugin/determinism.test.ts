import { appendFileSync, cpSync, mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ModelStore } from '../../src/store/index.js'
import { saveModel, scratchFolder, scratchHome } from '../support/home.js'
import { BUNDLERS, buildWith, makeProject, type TestProject } from '../support/project.js'

const files = {
  'src/service.js': `import model from 'virtual:bento/model/iris_clf'
import { greet } from '../lib/greet.cjs'
const lazy = () => import('./lazy.js')
export default { fetch: async () => new Response(greet(model.tag) + (await lazy()).text + import.meta.url) }
`,
  'src/lazy.js': `import { shared } from './shared.js'\nexport const text = 'lazy' + shared\n`,
  'src/shared.js': `export const shared = new URL('./x', import.meta.url).pathname\n`,
  'lib/greet.cjs': `exports.greet = name => 'hello ' + name\n`,
}

/** The same project in another folder, as another checkout of it. */
function copyOf(project: TestProject): TestProject {
  const root = join(realpathSync(scratchFolder()), 'deeper', 'checkout')
  mkdirSync(root, { recursive: true })
  cpSync(project.root, root, { recursive: true })
  return { ...project, root, path: name => join(root, name) }
}

function workIn(folder: string): void {
  const before = process.cwd()
  process.chdir(folder)
  onTestFinished(() => process.chdir(before))
}

/** Facts §7.5: the version is the content, wherever it was built. */
describe.each(BUNDLERS)('%s', bundler => {
  test('gives the same tag in every folder and every working directory', async () => {
    const home = scratchHome()
    await saveModel(new ModelStore(home), 'iris_clf:v1', { creationTime: '2024-01-01T00:00:00+00:00' })
    // CommonJS is a matter of plugins in Rollup, and not of determinism.
    const esm = { ...files, 'lib/greet.cjs': 'export const greet = name => "hello " + name\n' }
    const project = makeProject({ files: bundler === 'rollup' ? esm : files })
    const first = await buildWith(bundler, project, { home, options: { labels: { a: '1' } } })
    workIn('/')
    const elsewhere = await buildWith(bundler, project, { home, options: { labels: { a: '1' } } })
    const copy = copyOf(project)
    workIn(copy.path('src'))
    const copied = await buildWith(bundler, copy, { home, options: { labels: { a: '1' } } })
    expect([elsewhere.report?.tag, copied.report?.tag]).toEqual([first.report?.tag, first.report?.tag])
    expect([elsewhere.report?.published, copied.report?.published]).toEqual([false, false])

    const relabelled = await buildWith(bundler, copy, { home, options: { labels: { a: '2' } } })
    expect(relabelled.report?.published).toBe(true)
    appendFileSync(copy.path('src/shared.js'), 'export const more = 1\nconsole.log(more)\n')
    const edited = await buildWith(bundler, copy, { home, options: { labels: { a: '1' } } })
    expect(new Set([first, relabelled, edited].map(({ report }) => report?.tag)).size).toBe(3)
  })
})
