import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { detectFramework } from '../../src/store/framework.js'

const root = mkdtempSync(join(tmpdir(), 'bento-framework-'))
afterAll(() => rmSync(root, { recursive: true }))

function install(dir: string, name: string, text: string): void {
  mkdirSync(join(root, dir, 'node_modules', name), { recursive: true })
  writeFileSync(join(root, dir, 'node_modules', name, 'package.json'), text)
}

install('.', 'onnxruntime-node', '{"version": "1.20.0"}')
install('.', '@huggingface/transformers', '{"version": "3.0.0"}')
install('app', 'onnxruntime-node', '{"version": "1.23.2", "exports": {}}')
install('app', 'broken', '{')
mkdirSync(join(root, 'app/src'), { recursive: true })

test.each([
  ['onnxruntime-node', 'app/src', { 'onnxruntime-node': '1.23.2' }],
  ['onnxruntime-node', '.', { 'onnxruntime-node': '1.20.0' }],
  ['@huggingface/transformers', 'app', { '@huggingface/transformers': '3.0.0' }],
  ['broken', 'app', {}],
  ['no-such-package-here', 'app', {}],
])('%s from %s', async (framework, from, frameworkVersions) => {
  expect(await detectFramework(framework, join(root, from))).toEqual({ frameworkName: framework, frameworkVersions })
})

test.each(['', '..', '../x', '/etc', 'a/b', '@a', '.hidden', 'a\n', 'a b', '@a/../b'])(
  '%j is no package',
  async name => {
    await expect(detectFramework(name, root)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  },
)
