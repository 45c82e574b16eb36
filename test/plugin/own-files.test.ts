import { chmodSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ModelStore } from '../../src/store/model-store.js'
import { saveModel, scratchHome } from '../support/home.js'
import { askMoved } from '../support/moved.js'
import { BUNDLERS, type BuildPlan, type Bundler, buildWith, makeProject, type ProjectPlan } from '../support/project.js'
import { commonjs } from './rollup-plugins.js'

/** Builds a service, and asks it once its project is gone. */
async function ask(
  bundler: Bundler,
  files: ProjectPlan['files'],
  more: Partial<ProjectPlan> & Partial<BuildPlan> = {},
) {
  const project = makeProject({ files, ...more })
  const { report, log } = await buildWith(bundler, project, { home: scratchHome(), ...more })
  return { answer: askMoved(project, report), log, report }
}

const JSON_SERVICE = 'export default { fetch: async () => Response.json(await answer()) }\n'

describe.each(BUNDLERS)('%s: files named by where the module lies', bundler => {
  it('by new URL go along, from the entry and from a lazy chunk', async () => {
    const { answer, log } = await ask(bundler, {
      'src/service.js': `
        import { readFileSync } from 'node:fs'
        const read = url => readFileSync(url, 'utf8')
        const answer = async () => [
          read(new URL('./a b.txt', import.meta.url)),
          read(new URL('../data/up.txt?x#y', import.meta.url)),
          ...(await import('./lazy/more.js')).answer(),
        ]
        ${JSON_SERVICE}`,
      'src/lazy/more.js': `
        import { readFileSync } from 'node:fs'
        import { fileURLToPath } from 'node:url'
        export const answer = () => [
          readFileSync(fileURLToPath(new URL(\`a.txt\`, import.meta.url)), 'utf8'),
          readFileSync(new URL('../a%20b.txt', import.meta.url), 'utf8'),
        ]`,
      'src/a b.txt': 'beside',
      'src/lazy/a.txt': 'lazy',
      'data/up.txt': 'up',
    })
    expect(answer).toEqual(['beside', 'up', 'lazy', 'beside'])
    expect(log.filter(line => line.includes('run time'))).toEqual([])
  })

  it('above the module, by path, go along: single files, the package.json, whole folders', async () => {
    const { answer } = await ask(bundler, {
      'src/service.js': `
        import { readdirSync, readFileSync } from 'node:fs'
        import path, { dirname, join } from 'node:path'
        import { fileURLToPath } from 'node:url'
        const here = dirname(fileURLToPath(import.meta.url))
        const root = path.resolve(here, '..')
        const answer = () => [
          JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')).version,
          readFileSync(join(root, 'views/page.html'), 'utf8'),
          readFileSync(\`\${here}/../views/page.html\`, 'utf8'),
          readdirSync(path.join(here, '../migrations'), { recursive: true }).sort(),
          readdirSync(new URL('../migrations/', import.meta.url)).length,
          readFileSync(join(root, 'migrations', '2/x.sql'), 'utf8'),
        ]
        ${JSON_SERVICE}`,
      'views/page.html': '<p>',
      'migrations/1.sql': 'one',
      'migrations/2/x.sql': 'two',
      'migrations/.env': 'SECRET=1',
      'migrations/note.test.js': '',
    })
    expect(answer).toEqual(['1.0.0', '<p>', '<p>', ['1.sql', '2', '2/x.sql'], 2, 'two'])
  })

  it('that are modules become chunks of their own: workers, bundled like the rest', async () => {
    const home = scratchHome()
    await saveModel(new ModelStore(home), 'iris_clf:v1')
    const { answer, report } = await ask(
      bundler,
      {
        'src/service.js': `
          import { join } from 'node:path'
          import { Worker } from 'node:worker_threads'
          import { word } from './shared.js'
          const said = worker => new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
          const answer = async () => [
            word,
            await said(new Worker(new URL('./work.js', import.meta.url), { workerData: 'url' })),
            await said(new Worker(join(import.meta.dirname, 'work.js'), { workerData: 'path' })),
            await (await import('./lazy/more.js')).answer(),
          ]
          ${JSON_SERVICE}`,
        'src/lazy/more.js': `
          import { Worker } from 'node:worker_threads'
          const file = new URL('../work.js', import.meta.url)
          export const answer = () => new Promise(resolve => new Worker(file, { workerData: 'lazy' }).once('message', resolve))`,
        'src/work.js': `
          import { parentPort, workerData } from 'node:worker_threads'
          import model from 'virtual:bento/model/iris_clf'
          import { word } from './shared.js'
          parentPort.postMessage([workerData, word, model.tag])`,
        'src/shared.js': "export const word = 'shared'",
      },
      { home },
    )
    const tag = 'iris_clf:v1'
    expect(answer).toEqual(['shared', ['url', 'shared', tag], ['path', 'shared', tag], ['lazy', 'shared', tag]])
    expect(report?.models.map(model => model.tag)).toEqual([tag])
  })

  it('that a child process runs, or a constant names for a worker, are bundled too', async () => {
    const { answer } = await ask(bundler, {
      'src/service.js': `
        import { fork } from 'node:child_process'
        import { existsSync } from 'node:fs'
        import { join } from 'node:path'
        import { Worker } from 'node:worker_threads'
        const file = new URL('./work.js', import.meta.url)
        const said = worker => new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
        const answer = async () => [
          existsSync(file),
          await said(new Worker(file)),
          await said(fork(join(import.meta.dirname, 'child.js'))),
        ]
        ${JSON_SERVICE}`,
      'src/work.js':
        "import { parentPort } from 'node:worker_threads'\nimport { word } from './shared.js'\nparentPort.postMessage(word)",
      'src/child.js': "import { word } from './shared.js'\nprocess.send(word)\nprocess.disconnect()",
      'src/shared.js': "export const word = 'shared'",
    })
    expect(answer).toEqual([true, 'shared', 'shared'])
  })

  it('of CommonJS go along, and where a path above the module is open, its folder', async () => {
    const { answer } = await ask(
      bundler,
      {
        'src/service.js': `
          import { readFileSync } from 'node:fs'
          import { join } from 'node:path'
          import load from './load.cjs'
          const view = name => readFileSync(join(import.meta.dirname, '../views', name + '.html'), 'utf8')
          const answer = () => [...load(), view('a')]
          ${JSON_SERVICE}`,
        'src/load.cjs': `
          const fs = require('fs')
          const path = require('path')
          module.exports = () => [
            fs.readdirSync(path.join(__dirname, 'migrations')),
            fs.readFileSync(__dirname + '/x.html', 'utf8'),
            fs.readFileSync(path.resolve(__dirname, '..', 'up.txt'), 'utf8'),
            fs.readdirSync(path.join(__dirname, '../views')),
          ]`,
        'src/migrations/1.sql': '',
        'src/x.html': 'x',
        'up.txt': 'up',
        'views/a.html': 'A',
      },
      bundler === 'rollup' ? { before: [commonjs()] } : {},
    )
    expect(answer).toEqual([['1.sql'], 'x', 'up', ['a.html'], 'A'])
  })

  it('are read as they are where the call reads, though they hold code', async () => {
    const text = 'export const x = 1 // a comment that bundling would drop\n'
    const { answer } = await ask(bundler, {
      'src/service.js': `
        import { readFileSync } from 'node:fs'
        const answer = () => readFileSync(new URL('./client.js', import.meta.url), 'utf8')
        ${JSON_SERVICE}`,
      'src/client.js': text,
    })
    expect(answer).toBe(text)
  })

  it.skipIf(process.platform === 'win32')('keep their executable bit', async () => {
    const project = makeProject({
      files: {
        'src/service.js': `
          import { execFileSync } from 'node:child_process'
          import { fileURLToPath } from 'node:url'
          const answer = () => execFileSync(fileURLToPath(new URL('./tool.sh', import.meta.url)), { encoding: 'utf8' })
          ${JSON_SERVICE}`,
        'src/tool.sh': '#!/bin/sh\nprintf ran',
      },
    })
    chmodSync(project.path('src/tool.sh'), 0o755)
    const { report } = await buildWith(bundler, project, { home: scratchHome() })
    expect(askMoved(project, report)).toBe('ran')
  })

  it('loaded by createRequire go along', async () => {
    const { answer } = await ask(bundler, {
      'src/service.js': `
        import { createRequire } from 'node:module'
        const require = createRequire(import.meta.url)
        const answer = () => [require('./data.json').n, createRequire(import.meta.url)('../package.json').version]
        ${JSON_SERVICE}`,
      'src/data.json': '{ "n": 7 }',
    })
    expect(answer).toEqual([7, '1.0.0'])
  })

  it('give the same version whatever the folder, and another for other content', async () => {
    const files = {
      'src/service.js': `const answer = () => String(new URL('./x.bin', import.meta.url)).length > 0\n${JSON_SERVICE}`,
      'src/x.bin': 'one',
    }
    const versions = [files, files, { ...files, 'src/x.bin': 'two' }].map(
      async some => (await ask(bundler, some)).report?.version,
    )
    const [first, second, other] = await Promise.all(versions)
    expect(second).toBe(first)
    expect(other).not.toBe(first)
  })
})
