import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { scratchFolder, scratchHome } from '../support/home.js'
import { askMoved } from '../support/moved.js'
import { BUNDLERS, type BuildPlan, type Bundler, buildWith, makeProject, type ProjectPlan } from '../support/project.js'
import { nodeResolve } from './rollup-plugins.js'

const JSON_SERVICE = 'export default { fetch: async () => Response.json(await answer()) }\n'

interface Asked {
  answer: unknown
  /** What the tracing said, and what the report says. */
  warnings: string[]
  has(path: string): boolean
}

/** Builds a service, and asks it once its project is gone. */
async function ask(
  bundler: Bundler,
  files: ProjectPlan['files'],
  more: Partial<ProjectPlan> & Partial<BuildPlan> = {},
): Promise<Asked> {
  const project = makeProject({ files, ...more })
  const { report, log } = await buildWith(bundler, project, { home: scratchHome(), ...more })
  const said = log
    .filter(line => / reads |run time/.test(line) && !line.includes('published in'))
    .map(line => line.replace(/^\[plugin [^\]]*\] /, ''))
  return {
    answer: askMoved(project, report),
    warnings: [...said, ...(report?.warnings ?? [])],
    has: path => existsSync(join(report?.path ?? '', 'src', path)),
  }
}

describe.each(BUNDLERS)('%s: files that the code reads', bundler => {
  it('beside itself go along, however their path is computed', async () => {
    const { answer, warnings } = await ask(bundler, {
      'src/service.js': `
        import { createReadStream, readdirSync, readFileSync } from 'node:fs'
        import { text } from 'node:stream/consumers'
        import path, { dirname, join } from 'node:path'
        import { fileURLToPath } from 'node:url'
        const here = dirname(fileURLToPath(import.meta.url))
        const read = file => readFileSync(file, 'utf8')
        const page = name => read(join(here, 'pages', name + '.html'))
        const answer = async () => [
          read(join(import.meta.dirname, 'a.txt')),
          read(\`\${import.meta.dirname}/b.txt\`),
          await text(createReadStream(path.resolve(here, 'c.txt'))),
          page('one') + page('two'),
          readdirSync(join(here, 'migrations')).sort(),
          readdirSync(new URL('./migrations/', import.meta.url)).length,
          await (await import('./lazy/more.js')).answer(),
        ]
        ${JSON_SERVICE}`,
      'src/lazy/more.js': `
        import { readFileSync } from 'node:fs'
        import { join } from 'node:path'
        const names = ['a', 'd']
        export const answer = () => names.map(name => readFileSync(join(import.meta.dirname, 'data', name + '.json'), 'utf8'))`,
      'src/a.txt': 'a',
      'src/b.txt': 'b',
      'src/c.txt': 'c',
      'src/pages/one.html': '1',
      'src/pages/two.html': '2',
      'src/migrations/1.sql': '',
      'src/migrations/2.sql': '',
      'src/lazy/data/a.json': 'A',
      'src/lazy/data/d.json': 'D',
    })
    expect(answer).toEqual(['a', 'b', 'c', '12', ['1.sql', '2.sql'], 2, ['A', 'D']])
    expect(warnings).toEqual([])
  })

  it('from the working directory go along where they lie in the project', async () => {
    const { answer, warnings, has } = await ask(bundler, {
      'src/service.js': `
        import fs from 'node:fs'
        import { readFile } from 'node:fs/promises'
        import path from 'node:path'
        const migrate = ({ migrationsFolder }) => fs.readdirSync(migrationsFolder)
        const serve = ({ root }) => fs.readFileSync(path.join(root, 'x.css'), 'utf8')
        const CONFIG = 'config/d.json'
        const LABELS = process.env.NO_LABELS ?? 'config/e.json'
        const answer = async () => [
          fs.readFileSync(CONFIG, 'utf8') + fs.readFileSync(LABELS, 'utf8'),
          await readFile('config/a.json', 'utf8'),
          fs.readFileSync(path.join(process.cwd(), 'config', 'b.json'), 'utf8'),
          fs.readFileSync(path.resolve('config/c.json'), 'utf8'),
          migrate({ migrationsFolder: './drizzle' }),
          serve({ root: 'styles' }),
          fs.existsSync('maybe.json'),
        ]
        ${JSON_SERVICE}`,
      'config/a.json': 'a',
      'config/b.json': 'b',
      'config/c.json': 'c',
      'config/d.json': 'd',
      'config/e.json': 'e',
      'config/unread.json': '',
      'drizzle/0000_start.sql': '',
      'drizzle/meta/journal.json': '',
      'styles/x.css': 'css',
    })
    expect(answer).toEqual(['de', 'a', 'b', 'c', ['0000_start.sql', 'meta'], 'css', false])
    expect(warnings).toEqual([])
    expect(has('config/unread.json')).toBe(false)
  })

  it('as a whole folder go along without what merely lies there', async () => {
    const { answer, has, warnings } = await ask(bundler, {
      'src/service.js': `
        import { readdirSync } from 'node:fs'
        import './helper.js'
        const answer = () => readdirSync(import.meta.dirname).filter(name => name.endsWith('.html')).sort()
        ${JSON_SERVICE}`,
      'src/helper.js': 'globalThis.helped = true',
      'src/types.ts': 'export {}',
      'src/service.test.js': '',
      'src/.env': 'SECRET=1',
      'src/node_modules/x/index.html': '',
      'src/a.html': '',
      'src/b.html': '',
    })
    expect(answer).toEqual(['a.html', 'b.html'])
    for (const path of ['helper.js', 'types.ts', 'service.test.js', '.env', 'node_modules'])
      expect(has(path), path).toBe(false)
    expect(warnings).toEqual([])
  })

  it('of an inlined package go along', async () => {
    const { answer } = await ask(
      bundler,
      {
        'src/service.js': `import { page } from 'pages'\nconst answer = () => page('hello')\n${JSON_SERVICE}`,
      },
      {
        packages: {
          pages: {
            files: {
              'index.js': `
                import { readFileSync } from 'node:fs'
                import { join } from 'node:path'
                export const page = name => readFileSync(join(import.meta.dirname, 'views', name + '.html'), 'utf8')`,
              'views/hello.html': 'hello',
            },
          },
        },
        ...(bundler === 'rollup' ? { before: [nodeResolve()] } : {}),
        vite: { resolve: { noExternal: true } },
      },
    )
    expect(answer).toBe('hello')
  })

  it('are told of where they cannot go along, with the mend', async () => {
    const project = makeProject({
      files: {
        'src/service.js': `
          import { readdirSync, readFileSync } from 'node:fs'
          import { join } from 'node:path'
          const view = name => new URL(\`../views/\${name}.html\`, import.meta.url)
          export const answer = name => [
            readFileSync(view(name)),
            readdirSync(join(import.meta.dirname, 'many')),
            readFileSync('package.json'),
            readFileSync(join(import.meta.dirname, '..', name)),
          ]
          export default { fetch: () => new Response() }`,
        'fixed.txt': '',
        'views/a.html': '',
      },
    })
    mkdirSync(project.path('src/many'))
    const absolute = project.path('fixed.txt')
    project.write({
      'src/service.js': `${readFileSync(project.path('src/service.js'), 'utf8')}
          export const fixed = () => readFileSync(${JSON.stringify(absolute)})`,
    })
    for (let index = 0; index <= 1000; index++) writeFileSync(project.path(`src/many/${index}`), '')
    const { report, log } = await buildWith(bundler, project, { home: scratchHome() })
    const all = [...log, ...(report?.warnings ?? [])].join('\n')
    expect(all).toContain(
      "src/service.js reads views/a.html, above the place that the module has in the bento. Add include: ['/views/']",
    )
    expect(all).toContain(
      "src/service.js reads src/many, which is too large to go along by itself: it holds more than 1000 files. If it is needed, add include: ['/src/many/'].",
    )
    expect(all).toContain('src/service.js reads package.json, where the bento has a file of its own')
    expect(all).toContain(`src/service.js reads ${absolute} by its absolute path: it does not go along`)
    expect(all).toContain('src/service.js reads a file of the project by a name that is not written out')
    expect(existsSync(join(report?.path ?? '', 'src/many'))).toBe(false)
  })

  it('to start them by a computed path go along as they are, with a warning', async () => {
    const { answer, warnings } = await ask(bundler, {
      'src/service.js': `
        import { join } from 'node:path'
        import { Worker } from 'node:worker_threads'
        const name = 'work'
        const answer = () => new Promise((resolve, reject) =>
          new Worker(join(import.meta.dirname, name + '.js')).once('message', resolve).once('error', reject))
        ${JSON_SERVICE}`,
      'src/work.js':
        "import { parentPort } from 'node:worker_threads'\nimport { word } from './word.js'\nparentPort.postMessage(word)",
      'src/word.js': "export const word = 'word'",
    })
    expect(answer).toBe('word')
    expect(warnings).toEqual([
      expect.stringMatching(/^src\/service\.js reads src\/work\.js, which it may start: it goes along as it is/),
    ])
  })

  it('outside the project stay there, with a warning, also at the end of a link', async () => {
    const outside = scratchFolder()
    writeFileSync(join(outside, 'secret.txt'), 'secret')
    const project = makeProject({
      files: {
        'src/service.js': `
          import { readFileSync, readdirSync } from 'node:fs'
          import { join } from 'node:path'
          const attempt = read => { try { return read() } catch (error) { return error.code } }
          const answer = () => [
            attempt(() => readFileSync(new URL('../../${basename(outside)}/secret.txt', import.meta.url), 'utf8')),
            attempt(() => readFileSync(new URL('./link.txt', import.meta.url), 'utf8')),
            attempt(() => readFileSync('config/link.txt', 'utf8')),
            readFileSync('config/inner.txt', 'utf8'),
            readdirSync(join(import.meta.dirname, 'pages')),
          ]
          ${JSON_SERVICE}`,
        'config/own.txt': 'own',
        'src/pages/a.html': '',
      },
    })
    symlinkSync(join(outside, 'secret.txt'), project.path('src/link.txt'))
    symlinkSync(join(outside, 'secret.txt'), project.path('config/link.txt'))
    symlinkSync('own.txt', project.path('config/inner.txt'))
    symlinkSync('../pages/a.html', project.path('src/pages/b.html'))
    const { report, log } = await buildWith(bundler, project, { home: scratchHome() })
    const said = log.filter(line => line.includes('lies outside the project'))
    expect(said.map(line => /reads (\S+),/.exec(line)?.[1]?.replace(outside, '')).sort()).toEqual([
      '/secret.txt',
      'config/link.txt',
      'src/link.txt',
    ])
    rmSync(outside, { recursive: true })
    expect(askMoved(project, report)).toEqual(['ENOENT', 'ENOENT', 'ENOENT', 'own', ['a.html', 'b.html']])
  })

  it('of two modules in one place: the one, and a warning for the other', async () => {
    const module = `
      import { readFileSync } from 'node:fs'
      import { join } from 'node:path'
      export const text = () => readFileSync(join(import.meta.dirname, 'x.txt'), 'utf8')`
    const { warnings } = await ask(bundler, {
      'src/service.js': `
        import { text as a } from './a/a.js'
        import { text as b } from './b/b.js'
        const answer = () => [a(), b()]
        ${JSON_SERVICE}`,
      'src/a/a.js': module,
      'src/a/x.txt': 'A',
      'src/b/b.js': module,
      'src/b/x.txt': 'B',
    })
    expect(warnings).toEqual([
      'src/b/b.js reads x.txt, where the bento has another file of that name. Give one of them another name.',
    ])
  })

  it('stay behind where trace is false, or exclude names them', async () => {
    const project = makeProject({
      files: {
        'src/service.js': `
          import { readFileSync } from 'node:fs'
          import { join } from 'node:path'
          export default { fetch: () => new Response(readFileSync(join(import.meta.dirname, 'x.txt'))) }`,
        'src/x.txt': '',
      },
    })
    for (const options of [{ trace: false }, { exclude: ['/src/*.txt'] }]) {
      const { report } = await buildWith(bundler, project, { home: scratchHome(), options })
      expect(existsSync(join(report?.path ?? '', 'src/x.txt'))).toBe(false)
    }
  })
})
