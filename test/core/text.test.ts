import { expect, test } from 'vitest'
import { formatSize, nearNames, toSnakeCase, visible } from '../../src/core/text.js'

test('control and invisible characters are shown, not obeyed', () => {
  expect(visible('a\x1b[31mb\n\x00\x7f\x9b')).toBe('a\\x1b[31mb\\x0a\\x00\\x7f\\x9b')
  expect(visible('a\u202eb\u200b\ufeff\ud800')).toBe('a\\u202eb\\u200b\\ufeff\\ud800')
  expect(visible('iris_clf 模型 😀 é')).toBe('iris_clf 模型 😀 é')
})

// What `human_readable_size` of BentoML answers.
test.each([
  [0, '0.00 B'],
  [265, '265.00 B'],
  [1023, '1023.00 B'],
  [1024, '1.00 KiB'],
  [1152, '1.12 KiB'], // 1.125: Python rounds a tie to even
  [1157, '1.13 KiB'],
  [1408, '1.38 KiB'], // 1.375
  [1664, '1.62 KiB'], // 1.625
  [1920, '1.88 KiB'], // 1.875
  [1536 * 1024, '1.50 MiB'],
  [1024 ** 3, '1.00 GiB'],
  [1024 ** 4 * 2.5, '2.50 TiB'],
  [1024 ** 5, '1.00 PiB'],
  [1024 ** 2 - 1, '1024.00 KiB'],
])('%i bytes are %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text)
})

test('near names come best first', () => {
  const names = ['iris_clf', 'iris_reg', 'digits', 'tree']
  expect(nearNames('iris_cfl', names)).toEqual(['iris_clf', 'iris_reg'].slice(0, 1))
  expect(nearNames('iris', names)).toEqual(['iris_clf', 'iris_reg'])
  expect(nearNames('digit', names)).toEqual(['digits'])
  expect(nearNames('xyz', names)).toEqual([])
  expect(nearNames('iris_clf', names)).not.toContain('iris_clf')
})

// BentoML's `to_snake_case`, quirks included.
test.each([
  ['IrisClassifier', 'iris_classifier'],
  ['HTTPServer', 'http_server'],
  ['MyLLMService', 'my_llm_service'],
  ['MyService2', 'my_service2'],
  ['iPhone', 'i_phone'],
  ['XMLHttpRequest', 'xml_http_request'],
  ['already_snake', 'already_snake'],
  ['LLM', 'LLM'],
  ['ABC', 'ABC'],
  ['AbC', 'abC'],
  ['svc_Name', 'svc__name'],
  ['Foo-Bar', 'foo-_bar'],
  ['GPT4All', 'gp_t4_all'],
  ['myHTTP2Server', 'my_htt_p2_server'],
  ['AB2', 'a_b2'],
  ['__X', 'X'],
])('%s becomes %s', (name, snake) => {
  expect(toSnakeCase(name)).toBe(snake)
})
