import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { scratchHome } from '../support/home.js'
import { askMoved } from '../support/moved.js'
import { BUNDLERS, buildWith, importVite, makeProject, type TestProject } from '../support/project.js'
import { serve } from '../support/served.js'
import { commonjs } from './rollup-plugins.js'

const JSON_SERVICE = 'export default { fetch: async () => Response.json(await answer()) }\n'

/** `(module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))`, made long with a custom section. */
function wasm(padding: number): Buffer {
  const code = '0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b'
  const custom =
    padding === 0
      ? Buffer.alloc(0)
      : Buffer.concat([Buffer.from([0x00, 0x84, 0x40, 0x03, 0x70, 0x61, 0x64]), Buffer.alloc(0x2000)])
  return Buffer.concat([Buffer.from(code, 'hex'), custom])
}

/** A native addon that is installed here: Rollup's own. */
function copyAddon(to: string): void {
  const { resolve } = createRequire(createRequire(import.meta.url).resolve('rollup'))
  const name = ['linux-x64-gnu', 'linux-arm64-gnu', 'linux-x64-musl', 'darwin-arm64', 'darwin-x64', 'win32-x64-msvc']
    .map(platform => `@rollup/rollup-${platform}`)
    .flatMap(name => {
      try {
        return resolve(name)
      } catch {
        return []
      }
    })[0]
  if (name === undefined) throw new Error('Rollup has no addon for this platform.')
  copyFileSync(name, to)
}

function addonProject(): TestProject {
  const project = makeProject({
    files: {
      'src/service.js': `
        import { createRequire } from 'node:module'
        import addon from './addon.node'
        const answer = () => [typeof addon.parse, createRequire(import.meta.url)('./addon.node') === addon]
        ${JSON_SERVICE}`,
    },
  })
  copyAddon(project.path('src/addon.node'))
  return project
}

describe.each(BUNDLERS)('%s', bundler => {
  it('packages a native addon that a module imports or requires', async () => {
    const project = addonProject()
    const { report } = await buildWith(bundler, project, { home: scratchHome() })
    expect(askMoved(project, report)).toEqual(['function', true])
  })

  it('packages a native addon that CommonJS requires', async () => {
    const project = makeProject({
      files: {
        'src/service.js': `import load from './load.cjs'\nconst answer = () => load()\n${JSON_SERVICE}`,
        'src/load.cjs': "const addon = require('./addon.node')\nmodule.exports = () => typeof addon.parse\n",
      },
    })
    copyAddon(project.path('src/addon.node'))
    const { report } = await buildWith(bundler, project, {
      home: scratchHome(),
      ...(bundler === 'rollup' ? { before: [commonjs()] } : {}),
    })
    expect(askMoved(project, report)).toBe('function')
  })

  it('packages wasm that is read by new URL', async () => {
    const project = makeProject({
      files: {
        'src/service.js': `
          import { readFile } from 'node:fs/promises'
          const answer = async () => {
            const bytes = await readFile(new URL('./add.wasm', import.meta.url))
            return (await WebAssembly.instantiate(bytes)).instance.exports.add(40, 2)
          }
          ${JSON_SERVICE}`,
      },
    })
    writeFileSync(project.path('src/add.wasm'), wasm(0))
    const { report } = await buildWith(bundler, project, { home: scratchHome() })
    expect(askMoved(project, report)).toBe(42)
  })
})

describe.each(['vite8', 'vite7'] as const)('%s', bundler => {
  it('emits what ?url names; the value stays a path of the web, and leads to the file from the working directory', async () => {
    const project = makeProject({
      files: {
        'src/service.js': `
          import { readFileSync } from 'node:fs'
          import url from './picture.bin?url&no-inline'
          const answer = () => [url, readFileSync('.' + url, 'utf8')]
          ${JSON_SERVICE}`,
        'src/picture.bin': 'pixels',
      },
    })
    const { report } = await buildWith(bundler, project, { home: scratchHome() })
    expect(askMoved(project, report)).toEqual([expect.stringMatching(/^\/assets\/picture-[\w-]{8}\.bin$/), 'pixels'])
  })

  it('packages the public folder of a project without a client, which is served', async () => {
    const project = makeProject({
      files: {
        'src/service.js': "export default { fetch: () => new Response('own') }\n",
        'public/robots.txt': 'no robots',
      },
    })
    const home = scratchHome()
    const { report } = await buildWith(bundler, project, { home })
    expect(readFileSync(join(report?.path ?? '', 'src/client/robots.txt'), 'utf8')).toBe('no robots')
    const served = await serve(report?.tag ?? '', { home })
    try {
      const [robots, own] = await Promise.all(
        ['/robots.txt', '/'].map(async path => (await fetch(served.url + path)).text()),
      )
      expect([robots, own]).toEqual(['no robots', 'own'])
    } finally {
      await served.stop()
    }
  })

  it('does so where the build for ssr is the own one', async () => {
    const project = makeProject({
      files: {
        'src/service.js': `
          import { readFileSync } from 'node:fs'
          const answer = () => readFileSync(new URL('./x.bin', import.meta.url), 'utf8')
          ${JSON_SERVICE}`,
        'src/x.bin': 'x',
      },
    })
    const { report } = await buildWith(bundler, project, {
      home: scratchHome(),
      vite: { build: { ssr: 'src/service.js' } },
    })
    expect(askMoved(project, report)).toBe('x')
  })

  it('loads an addon while developing, and leaves the rest to Node', async () => {
    const project = addonProject()
    project.write({
      'src/more.js': `
        import { readFileSync } from 'node:fs'
        import { Worker } from 'node:worker_threads'
        export const text = readFileSync(new URL('./x.txt', import.meta.url), 'utf8')
        export const said = () => new Promise(resolve => new Worker(new URL('./work.js', import.meta.url)).once('message', resolve))`,
      'src/work.js': "import { parentPort } from 'node:worker_threads'\nparentPort.postMessage('worked')",
      'src/x.txt': 'text',
    })
    const { createServer } = await importVite(bundler)
    const { bento } = await import('vite-plugin-bento')
    const plugins = [bento({ service: 'src/service.js', store: scratchHome() })]
    const server = await createServer({
      root: project.root,
      configFile: false,
      logLevel: 'silent',
      server: { middlewareMode: true, ws: false },
      plugins,
    })
    onTestFinished(() => server.close())
    const { default: service } = await server.ssrLoadModule('/src/service.js')
    expect(await (await service.fetch(new Request('http://localhost'))).json()).toEqual(['function', true])
    const more = await server.ssrLoadModule('/src/more.js')
    expect([more.text, await more.said()]).toEqual(['text', 'worked'])
  })
})

it('vite8 packages wasm imported as a module, and by ?init', async () => {
  const project = makeProject({
    files: {
      'src/service.js': `
        import init from './large.wasm?init'
        import { add } from './small.wasm'
        const answer = async () => [(await init()).exports.add(1, 2), add(3, 4)]
        ${JSON_SERVICE}`,
    },
  })
  writeFileSync(project.path('src/large.wasm'), wasm(8192))
  writeFileSync(project.path('src/small.wasm'), wasm(0))
  const { report } = await buildWith('vite8', project, { home: scratchHome() })
  expect(askMoved(project, report)).toEqual([3, 7])
})

describe.each(['vite8', 'vite7', 'rolldown'] as const)('%s', bundler => {
  it('bundles a worker written in TypeScript, and traces through types', async () => {
    const project = makeProject({
      files: {
        'src/service.ts': `
          import { readFileSync } from 'node:fs'
          import { join } from 'node:path'
          import { Worker } from 'node:worker_threads'
          const work = (file: URL | string): Promise<string> =>
            new Promise(resolve => new Worker(file).once('message', resolve))
          const read = (name: string): string => readFileSync(join(import.meta.dirname as string, 'pages', name + '.html'), 'utf8')
          const answer = async (): Promise<string[]> => [
            await work(new URL('./work.ts', import.meta.url) as URL),
            // The name of what tsc would write.
            await work(join(import.meta.dirname!, 'work.js')),
            read('a'),
          ]
          ${JSON_SERVICE}`,
        'src/pages/a.html': 'page',
        'src/work.ts':
          "import { parentPort } from 'node:worker_threads'\nconst x: string = 'typed'\nparentPort?.postMessage(x)",
      },
    })
    const { report } = await buildWith(bundler, project, {
      home: scratchHome(),
      options: { service: 'src/service.ts' },
    })
    expect(askMoved(project, report)).toEqual(['typed', 'typed', 'page'])
    const source = join(report?.path ?? '', 'src')
    expect(existsSync(join(source, 'work.ts'))).toBe(false)
    expect(readFileSync(join(source, 'package.json'), 'utf8')).toContain('"type": "module"')
  })
})
