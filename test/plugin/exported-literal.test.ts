import { parseAst } from 'rolldown/parseAst'
import { describe, expect, it } from 'vitest'
import { exportedLiteral } from '../../src/plugin/exported-literal.js'
import type { Node } from '../../src/plugin/syntax.js'

const read = (code: string) => exportedLiteral(parseAst(code) as unknown as Node, 'openapi')

describe('an export that is written out', () => {
  it.each([
    [
      'export const openapi = { a: [1, -2, `x`], "b c": true, 7: null, d: !0, e: void 0 }',
      { a: [1, -2, 'x'], 'b c': true, 7: null, d: true },
    ],
    ['const a = { x: 1 }, b = { ...a, y: [...[2]] }; export { b as openapi }', { x: 1, y: [2] }],
    ['var doc = JSON.parse(\'{"a":{"__proto__":1}}\'); export { doc as openapi }', JSON.parse('{"a":{"__proto__":1}}')],
    ['export const openapi = { a: 1 }; export default request => Response.json(openapi)', { a: 1 }],
    ['const openapi = { a: 1 }; { const openapi = {}; openapi.b = 2 }; export { openapi }', { a: 1 }],
    ['export const openapi = { a: 1 }; const later = () => send({ doc: openapi, copies: [openapi] })', { a: 1 }],
  ])('%s', (code, value) => expect(read(code)).toEqual({ value }))
})

describe('an export that only running the code tells', () => {
  it.each([
    'export const openapi = app.document()',
    'export const openapi = { get a() { return 1 } }',
    'export const openapi = { a() {} }',
    'export const openapi = { a: /x/ }',
    'export const openapi = { a: 1n }',
    'export const openapi = { __proto__: base }',
    'export const openapi = { [key]: 1 }',
    'export const openapi = { a: process.env.A }',
    'export const openapi = { a: 1 }; openapi.a = 2',
    'export const openapi = { a: 1 }; describe(openapi)',
    'const part = { a: 1 }; export const openapi = { part }; part.b = 2',
    'const part = { a: 1 }; const alias = part; export const openapi = { part }',
    'export let openapi = { a: 1 }; openapi = { a: 2 }',
    'export const openapi = { a: 1 }; const add = () => { openapi.a = 2 }; add()',
    'const a = { b }, b = { a }; export { a as openapi }',
    "export { openapi } from './openapi.js'",
    "import { openapi } from './openapi.js'; export { openapi }",
    'export function openapi() { return {} }',
    'export const { openapi } = all',
    'export const other = {}',
  ])('%s', code => expect(read(code)).toBeUndefined())
})
