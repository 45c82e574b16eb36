import { describe, expect, test } from 'vitest'
import { resolveOptions } from '../../src/config/resolve-options.js'
import { isBentoError } from '../../src/core/errors.js'

const NO_IMAGE = {
  base: undefined,
  distro: 'debian',
  node: undefined,
  systemPackages: [],
  setupScript: undefined,
  commands: [],
  postCommands: [],
  template: undefined,
}

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
        args: {},
        models: [],
        store: undefined,
        server: 'auto',
        include: [],
        exclude: [],
        trace: true,
        client: undefined,
        openapi: undefined,
        image: NO_IMAGE,
        platforms: [],
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
      args: { threshold: 0.5, classes: ['a'] },
      store: '~/store',
      server: 'program',
      include: ['*.sql', '!old.sql'],
      exclude: ['/data/'],
      trace: false,
      client: false,
      openapi: 'openapi.yaml',
      image: { base: 'node:24-slim', distro: 'alpine', systemPackages: ['ffmpeg'], setupScript: 'setup.sh' },
      platforms: ['linux/amd64', 'linux/arm64/musl'],
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
      args: { threshold: 0.5, classes: ['a'] },
      store: '~/store',
      server: 'program',
      include: ['*.sql', '!old.sql'],
      exclude: ['/data/'],
      trace: false,
      client: false,
      openapi: 'openapi.yaml',
      image: {
        ...NO_IMAGE,
        base: 'node:24-slim',
        distro: 'alpine',
        systemPackages: ['ffmpeg'],
        setupScript: 'setup.sh',
      },
      platforms: ['linux/amd64', 'linux/arm64/musl'],
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
      args: { a: null, b: [Number.NaN] },
      server: 'http',
      include: '*.py',
      exclude: ['a\nb'],
      trace: 1,
      client: true,
      openapi: {},
      image: { distro: 'arch', commands: 'ls', systemPackages: [1] },
      platforms: ['Linux'],
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
      'args.a',
      'args.b[0]',
      'models[0]',
      'models[1]',
      'models[2]',
      'models',
      'server',
      'include',
      'exclude[0]',
      'trace',
      'client',
      'openapi',
      'image.distro',
      'image.systemPackages[0]',
      'image.commands',
      'platforms',
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
    expect(
      resolveOptions({ lables: {}, dependencies: { includes: [] }, zzz: 1, image: { from: 'x' } }).warnings,
    ).toEqual([
      '"lables" is no option of bento(); did you mean "labels"?',
      '"zzz" is no option of bento()',
      '"from" is no option of image',
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
