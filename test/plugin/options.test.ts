import { describe, expect, test } from 'vitest'
import { isBentoError } from '../../src/core/errors.js'
import { resolveOptions } from '../../src/plugin/resolve-options.js'

describe('resolveOptions', () => {
  test('applies defaults', () => {
    expect(resolveOptions()).toEqual({
      options: {
        service: undefined,
        name: undefined,
        version: 'content',
        labels: {},
        description: undefined,
        envs: [],
        models: [],
        store: undefined,
        server: 'auto',
        includeDependencies: [],
        natives: [],
        watch: false,
        report: undefined,
      },
      warnings: [],
    })
  })

  test('reads every option', () => {
    const { options, warnings } = resolveOptions({
      service: 'src/service.ts',
      name: 'Iris',
      version: '1.4.0-RC1',
      labels: { owner: 'vision' },
      description: '# Iris',
      envs: [
        { name: 'A', value: '1', stage: 'build' },
        { name: 'B', value: '' },
      ],
      models: ['IRIS:v1', 'm?b=2&a=1', { tag: 'iris:latest', alias: 'classifier' }],
      store: '~/store',
      server: 'program',
      dependencies: { include: ['pino-pretty', '@acme/x'] },
      natives: ['@acme/native', '!sharp'],
      watch: true,
      report: 'out/bento.json',
    })
    expect(warnings).toEqual([])
    expect(options).toEqual({
      service: 'src/service.ts',
      name: 'iris',
      version: '1.4.0-rc1',
      labels: { owner: 'vision' },
      description: '# Iris',
      envs: [
        { name: 'A', value: '1', stage: 'build' },
        { name: 'B', value: '', stage: 'all' },
      ],
      models: [
        { request: 'iris:v1', alias: undefined },
        { request: 'm?a=1&b=2', alias: undefined },
        { request: 'iris:latest', alias: 'classifier' },
      ],
      store: '~/store',
      server: 'program',
      includeDependencies: ['pino-pretty', '@acme/x'],
      natives: ['@acme/native', '!sharp'],
      watch: true,
      report: 'out/bento.json',
    })
  })

  test('takes environment variables as an object', () => {
    expect(resolveOptions({ envs: { A: '1' } }).options.envs).toEqual([{ name: 'A', value: '1', stage: 'all' }])
  })

  test('names all wrong options at once', () => {
    const wrong = {
      service: '',
      name: 'no spaces',
      version: 'latest',
      labels: { stage: 1 },
      envs: [{ name: '1A', value: 'x' }, { name: 'B', value: 'a\nb' }, { name: 'C', value: 'x', stage: 'never' }, 7],
      models: [
        'a:b:c',
        { alias: 'x' },
        { tag: 'm', alias: 'UPPER' },
        { tag: 'm', alias: 'a' },
        { tag: 'n', alias: 'a' },
      ],
      server: 'http',
      dependencies: { include: ['../up'] },
      natives: 'sharp',
      watch: 'yes',
      report: 3,
    }
    const error = caught(() => resolveOptions(wrong))
    expect(isBentoError(error, 'OPTION_INVALID')).toBe(true)
    const { problems } = (error as { details: { problems: string[] } }).details
    expect(problems.map(problem => problem.split(' ')[0])).toEqual([
      'service',
      'name',
      'version',
      'labels.stage',
      'envs[0]',
      'envs[1]',
      'envs[2].stage',
      'envs[3]',
      'models[0]',
      'models[1]',
      'models[2]',
      'models',
      'server',
      'dependencies.include',
      'natives',
      'watch',
      'report',
    ])
    for (const problem of problems) expect(String(error)).toContain(problem)
  })

  test.each([null, [], 'src/service.ts', 1])('refuses %j as the options', input => {
    expect(() => resolveOptions(input)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })

  test('refuses one variable given twice', () => {
    const envs = [
      { name: 'A', value: '1' },
      { name: 'A', value: '2' },
    ]
    expect(() => resolveOptions({ envs })).toThrow('A twice')
  })

  test('warns about unknown options and says which was meant', () => {
    expect(resolveOptions({ lables: {}, dependencies: { includes: [] }, zzz: 1 }).warnings).toEqual([
      '"lables" is no option of bento(); did you mean "labels"?',
      '"zzz" is no option of bento()',
      '"includes" is no option of dependencies; did you mean "include"?',
    ])
  })
})

function caught(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  return undefined
}
