import { parseAst as parseWithRolldown } from 'rolldown/parseAst'
import { parseAst as parseWithRollup } from 'rollup/parseAst'
import { describe, expect, test } from 'vitest'
import { scanChunk } from '../../src/plugin/chunk-scan.js'
import { analyseEntry, modeOf } from '../../src/plugin/entry-analysis.js'
import type { Node } from '../../src/plugin/syntax.js'

const PARSERS = [
  ['rollup', (code: string) => parseWithRollup(code, { allowReturnOutsideFunction: true })],
  ['rolldown', (code: string) => parseWithRolldown(code, { lang: 'ts' })],
] as const

describe.each(PARSERS)('with the parser of %s', (_name, parse) => {
  const scan = (code: string) => scanChunk(parse(code) as unknown as Node)
  const names = (code: string) => scan(code).imports.map(({ specifier, kind }) => `${kind} ${specifier}`)
  const analyse = (code: string) => analyseEntry(parse(code) as unknown as Node)

  describe('what a chunk loads', () => {
    test.each([
      ["import a from 'a'", ['static a']],
      ["import 'a/sub'", ['static a/sub']],
      ["export { x } from '@s/a'", ['static @s/a']],
      ["export * from 'a'", ['static a']],
      ["await import('a')", ['dynamic a']],
      ['await import(`a`)', ['dynamic a']],
      ['await import(name)', []],
      ["require('a')", ['require a']],
      ["require.resolve('a/package.json')", ['require a/package.json']],
      ["import.meta.resolve('a')", ['dynamic a']],
      [
        "import { createRequire } from 'node:module'; createRequire(import.meta.url)('a')",
        ['static node:module', 'require a'],
      ],
      [
        "import { createRequire as c } from 'module'; const load = c(import.meta.url); load('a')",
        ['static module', 'require a'],
      ],
      ["import * as m from 'module'; const r = m.createRequire('/x'); r.resolve('a')", ['static module', 'require a']],
      // Rolldown's helper, and the same after a minifier had it.
      ["var __require = /* @__PURE__ */ (() => createRequire(import.meta.url))(); __require('a')", ['require a']],
      [
        "import{createRequire as e}from'node:module';var t=(()=>e(import.meta.url))();t('a')",
        ['static node:module', 'require a'],
      ],
      ['var __require$1 = other; __require$1("a")', ['require a']],
    ])('%s', (code, expected) => {
      expect(names(code)).toEqual(expected)
    })

    test.each([
      "function f(require) { require('a') }",
      "(function (require, module, exports) { require('./a') })()",
      "const require = name => name; require('a')",
      "import { createRequire as e } from 'module'; const r = e(import.meta.url); { const r = x => x; r('a') }",
      'const text = "require(\'a\')"',
      "object.require('a')",
      "const value = createRequire(import.meta.url)('b'); value('a')",
    ])('is not fooled by %s', code => {
      expect(names(code)).not.toContain('require a')
    })

    test.each([
      ["new Worker(new URL('./worker.js', import.meta.url))", ['./worker.js']],
      ['readFileSync(new URL(`data.txt`, import.meta.url))', ['data.txt']],
      ["try { new URL('./maybe', import.meta.url) } catch {}", []],
      ["new URL('./x', location.href); new URL('./x'); new URL(name, import.meta.url)", []],
    ])('files beside the code in %s', (code, files) => {
      expect(scan(code).files).toEqual(files)
    })

    test('knows what is only tried', () => {
      const found = scan("try { require('a') } catch { require('b') }").imports
      expect(found.map(({ specifier, inTry }) => [specifier, inTry])).toEqual([
        ['a', true],
        ['b', false],
      ])
    })
  })

  describe('free names of CommonJS', () => {
    test.each([
      ['console.log(__dirname)', ['__dirname']],
      ['module.exports = 1', ['module']],
      ['exports.a = require("a")', ['exports', 'require']],
      ['const x = { __filename }', ['__filename']],
      ['const __dirname = import.meta.dirname; console.log(__dirname)', []],
      ['function f(module, exports) { module.exports = exports }', []],
      ['if (true) { var require = 1 } require', []],
      ['let o = { require: 1, module() {} }; o.require; o.module()', []],
      ['if (typeof module !== "undefined") {}', []],
      ['export { a as module }; const a = 1', []],
      ['try {} catch (module) { module }', []],
      ['{ const module = 1 } module', ['module']],
    ])('%s', (code, expected) => {
      expect([...scan(code).commonJs].sort()).toEqual(expected)
    })

    test('tells what is only asked for', () => {
      const { asked, commonJs } = scan('typeof exports === "object" ? module : 0')
      expect([...asked]).toEqual(['exports'])
      expect([...commonJs]).toEqual(['module'])
    })

    test('finds import.meta.main', () => {
      const code = 'if (import.meta.main) start()'
      expect(scan(code).metaMain.map(({ start, end }) => code.slice(start, end))).toEqual(['import.meta.main'])
    })
  })

  describe('how an entry starts', () => {
    test.each([
      ['export default app', 'handler'],
      ['export { app as default }; const app = 1', 'handler'],
      ["export { default } from './app.js'", 'handler'],
      ["export * as default from './app.js'", 'handler'],
      ['module.exports = app', 'handler'],
      ['exports.default = app', 'handler'],
      ['module.exports.default = app', 'handler'],
      ['export const app = 1', 'program'],
      ['server.listen(3000)', 'program'],
      ['exports.app = app', 'program'],
      ['function f(module) { module.exports = 1 }', 'program'],
      ['export default app; if (import.meta.main) app.listen()', 'program'],
      ['export default app; if (import.meta.filename === process.argv[1]) app.listen()', 'program'],
      ['export default app; if (process.argv[1] === fileURLToPath(import.meta.url)) app.listen()', 'program'],
      ["import { argv } from 'node:process'; export default app; if (argv[1] === x) app.listen()", 'program'],
      ["import { argv as a } from 'process'; export default app; if (a.at(1) === x) app.listen()", 'program'],
      ['const { argv } = process; export default app; if (argv[1] === x) app.listen()', 'program'],
      ['const [, script] = process.argv; export default app; if (script === x) app.listen()', 'program'],
      ['const [node, script, port] = process.argv; export default app', 'handler'],
      ['const [, , port] = process.argv; export default app', 'handler'],
      ['const argv = parse(); export default app; argv[1]', 'handler'],
      ['export default app; console.log(process.argv[2])', 'handler'],
      ['module.exports = app; if (require.main === module) app.listen()', 'program'],
      ['module.exports = app; if (!module.parent) app.listen()', 'program'],
      ['export default app; const module = {}; module.parent', 'handler'],
    ])('%s', (code, mode) => {
      expect(modeOf('auto', analyse(code))).toBe(mode)
    })

    test('the option decides', () => {
      expect(modeOf('program', analyse('export default app'))).toBe('program')
      expect(modeOf('handler', analyse('if (import.meta.main) start()'))).toBe('handler')
    })

    test.each([
      ['if (require.main === module) go()', 'require.main === module', true],
      ['if (module == require.main) go()', 'module == require.main', true],
      ['if (require.main !== module) stop()', 'require.main !== module', false],
      ['if (import.meta.main) go()', 'import.meta.main', true],
      ["if (require['main'] === module) go()", "require['main'] === module", true],
    ])('guard in %s', (code, text, holds) => {
      const { guards } = analyse(code)
      expect(guards.map(guard => [code.slice(guard.start, guard.end), guard.holds])).toEqual([[text, holds]])
    })
  })
})

test("TypeScript's own syntax is looked through", () => {
  const parse = (code: string) => parseWithRolldown(code, { lang: 'ts' }) as unknown as Node
  expect(analyseEntry(parse('export = app')).exports).toBe(true)
  expect(analyseEntry(parse('type module = { parent: 1 }; export type { app as default }')).exports).toBe(false)
  expect(analyseEntry(parse('if ((require as any).main === module) go()')).guarded).toBe(false)
  expect([...scanChunk(parse('const x: module.Foo = exports as require')).commonJs]).toEqual(['exports'])
})
