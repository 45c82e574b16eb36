import { readdirSync, writeFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { LockedDependencies } from '../../../src/bento/types.js'
import { type BentoError, type ErrorCode, isBentoError } from '../../../src/core/errors.js'
import { locations, TestProject } from './project.js'

async function refusal(code: ErrorCode, locked: Promise<LockedDependencies>): Promise<BentoError> {
  const error = await locked.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isBentoError(error, code)) throw new Error(`expected ${code}, not ${error}`)
  return error
}

/** Removes or changes an entry of the fixture's lock. */
function changed(fixture: string, change: (packages: Record<string, Record<string, unknown>>) => void): TestProject {
  const project = new TestProject(fixture)
  project.edit('package-lock.json', lock => change(lock.packages))
  return project
}

describe('the lock that is found', () => {
  it('must be there', async () => {
    const project = new TestProject()
    project.write('package.json', { name: 'bare', dependencies: { ms: '^2.0.0' } })
    const error = await refusal('LOCK_MISSING', project.lock(['ms']))
    expect(error.hint).toContain('npm install')
  })

  it('must cover the project', async () => {
    const project = new TestProject('plain')
    project.write('services/own/package.json', { name: 'own', dependencies: { hono: '^4.0.0' } })
    await refusal('LOCK_MISSING', project.lock(['hono'], { member: 'services/own' }))
  })

  it('covers a folder whose package.json says nothing but its type', async () => {
    const project = new TestProject('plain')
    project.write('services/own/package.json', { type: 'module' })
    expect(locations(await project.lock(['hono'], { member: 'services/own' }))).toEqual(['node_modules/hono'])
  })

  it.each([
    ['yarn.lock', 'Yarn'],
    ['bun.lock', 'Bun'],
    ['bun.lockb', 'Bun'],
  ])('must not be %s', async (name, manager) => {
    const project = new TestProject('workspace')
    project.write(`packages/app/${name}`, '')
    const error = await refusal('LOCK_UNSUPPORTED', project.lock(['hono'], { member: 'packages/app' }))
    expect(error.reason).toContain(manager)
    expect(error.hint).toContain('"pnpm import"')
  })

  it('may lie beside another manager’s', async () => {
    const project = new TestProject('plain')
    project.write('yarn.lock', '')
    expect(locations(await project.lock(['hono']))).toEqual(['node_modules/hono'])
  })

  it('is npm-shrinkwrap.json before package-lock.json', async () => {
    const project = new TestProject('plain')
    project.write('npm-shrinkwrap.json', project.text('package-lock.json'))
    project.write('package-lock.json', 'not read')
    expect(locations(await project.lock(['hono']))).toEqual(['node_modules/hono'])
  })

  it('must not be of version 1, nor of one to come', async () => {
    await refusal('LOCK_UNSUPPORTED', new TestProject('v1').lock(['hono']))
    const project = new TestProject('plain')
    project.edit('package-lock.json', lock => {
      lock.lockfileVersion = 5
    })
    await refusal('LOCK_UNSUPPORTED', project.lock(['hono']))
  })

  it('must parse', async () => {
    const project = new TestProject('plain')
    writeFileSync(project.path('package-lock.json'), `<<<<<<< ours\n${project.text('package-lock.json')}`)
    const error = await refusal('LOCK_INVALID', project.lock(['hono']))
    expect(error.reason).toContain('merge conflict')
    project.write('package-lock.json', '[]')
    await refusal('LOCK_INVALID', project.lock(['hono']))
  })

  it.each([
    'node_modules/../../etc',
    '/etc/passwd',
    'node_modules//x',
    'node_modules/./x',
    'C:/x',
    'node_modules\\x',
    'node_modules/a\nb',
    'node_modules/__proto__',
  ])('must not hold the location %j', async location => {
    const project = changed('plain', packages => {
      packages[location] = { version: '1.0.0' }
    })
    await refusal('LOCK_INVALID', project.lock(['hono']))
  })

  it('must hold sound entries', async () => {
    const project = changed('plain', packages => {
      packages['node_modules/a'] = { version: 1 }
      packages['node_modules/b'] = { resolved: '../../outside/..', link: true }
      packages['node_modules/c'] = { resolved: 'nowhere', link: true }
      packages['node_modules/d'] = { dependencies: { '../x': '1' } }
    })
    const { details } = await refusal('LOCK_INVALID', project.lock(['hono']))
    expect(details.problems).toHaveLength(5)
  })
})

describe('a lock that disagrees with package.json', () => {
  it('is stale; every difference is named at once', async () => {
    const project = new TestProject('plain')
    project.edit('package.json', manifest => {
      manifest.dependencies.hono = '^3.0.0'
      manifest.devDependencies.picocolors = '^1.0.0'
    })
    const { details } = await refusal('LOCK_STALE', project.lock(['pino']))
    expect(details.problems).toEqual([
      expect.stringMatching(/^plain wants hono@\^3\.0\.0, the lock has 4\./),
      'plain wants picocolors@^1.0.0 (dev), the lock has none',
    ])
  })

  it('is stale when only a member changed', async () => {
    const project = new TestProject('workspace')
    project.edit('packages/tool/package.json', manifest => {
      manifest.dependencies.ms = '^3.0.0'
    })
    await refusal('LOCK_STALE', project.lock(['hono'], { member: 'packages/app' }))
  })

  it('is stale when an override was added since', async () => {
    const project = new TestProject('plain')
    project.edit('package.json', manifest => {
      manifest.overrides = { 'sonic-boom': '3.0.0' }
    })
    const error = await refusal('LOCK_STALE', project.lock(['pino']))
    expect(error.reason).toMatch(/pino wants sonic-boom@3\.0\.0, the lock has 4\./)
    await refusal(
      'LOCK_STALE',
      (() => {
        project.edit('package.json', manifest => {
          manifest.overrides = { hono: '1.0.0' }
        })
        return project.lock(['pino'])
      })(),
    )
  })

  it('cannot be told of a package.json that does not parse', async () => {
    const project = new TestProject('plain')
    project.write('package.json', '{')
    await refusal('LOCK_STALE', project.lock(['hono']))
  })

  it('is not stale for what package.json no longer lists', async () => {
    const project = new TestProject('plain')
    project.edit('package.json', manifest => {
      delete manifest.devDependencies
    })
    expect(locations(await project.lock(['hono']))).toEqual(['node_modules/hono'])
  })
})

describe('imports that the lock lacks', () => {
  it('are errors, told all at once with their importers', async () => {
    const project = new TestProject('plain')
    const imports = [
      project.import('axios', 'src/a.ts'),
      project.import('axios', 'src/b.ts'),
      project.import('zod'),
      'hono',
    ]
    const { details } = await refusal('DEPENDENCY_NOT_LOCKED', project.lock(imports))
    expect(details.packages).toEqual([
      { name: 'axios', importers: [project.path('src/a.ts'), project.path('src/b.ts')] },
      { name: 'zod', importers: [project.path('src/service.ts')] },
    ])
  })

  it('are errors in include and in emitted imports', async () => {
    const project = new TestProject('plain')
    await refusal('DEPENDENCY_NOT_LOCKED', project.lock(['hono'], { include: ['axios'] }))
    await refusal('DEPENDENCY_NOT_LOCKED', project.lock([{ ...project.import('axios'), importer: undefined }]))
    await refusal('DEPENDENCY_NOT_LOCKED', project.lock([project.import('../../evil')]))
  })

  it('are fine where an inlined package tries them', async () => {
    const project = new TestProject('plain')
    const told: string[] = []
    const inner = project.import('bufferutil', 'node_modules/pino/lib/x.js', 'require')
    const emitted = { ...inner, importer: undefined }
    const locked = await project.lock(['hono', inner, emitted], { debug: message => told.push(message) })
    expect(locked.direct).not.toHaveProperty('bufferutil')
    expect(locked.warnings).toEqual([])
    expect(told.join()).toContain('bufferutil')
  })

  it('are a warning where only an emitted require shows them', async () => {
    const project = new TestProject('plain')
    const emitted = { ...project.import('bufferutil'), importer: undefined, kind: 'require' as const }
    expect((await project.lock(['hono', emitted])).warnings.join()).toContain('bufferutil')
  })

  it('are fine where package.json calls them optional', async () => {
    const project = new TestProject('peer')
    expect((await project.lock(['react', 'nothere'])).direct).toHaveProperty('react')
  })
})

describe('two versions under one name', () => {
  it('are an error that names both', async () => {
    const project = new TestProject('override')
    const imports = ['ms', project.import('ms', 'node_modules/send/index.js')]
    const error = await refusal('DEPENDENCY_CONFLICT', project.lock(imports))
    expect(error.reason).toContain('ms@2.0.0 (node_modules/ms')
    expect(error.reason).toContain('ms@2.1.3 (node_modules/send/node_modules/ms')
  })

  it('are none where both places hold the same version', async () => {
    const project = new TestProject('override')
    const imports = ['ms', project.import('ms', 'node_modules/send/node_modules/debug/src/index.js')]
    expect((await project.lock(imports)).direct).toEqual({ ms: '2.0.0' })
  })

  it('are none where the inlined package alone imports it', async () => {
    const project = new TestProject('override')
    const locked = await project.lock([project.import('ms', 'node_modules/send/index.js'), 'debug'])
    expect(locked.direct.ms).toBe('2.1.3')
    expect(locations(locked)).toContain('node_modules/debug/node_modules/ms')
  })
})

describe('entries that pin too little', () => {
  it('are named all at once', async () => {
    const project = changed('plain', packages => {
      delete packages['node_modules/hono']?.integrity
      const boom = packages['node_modules/sonic-boom'] ?? {}
      boom.integrity = 'sha1-FRyP1kUyo8YTmTBOZvkrHgZPyGk='
    })
    const { details } = await refusal('LOCK_INCOMPLETE', project.lock(['hono', 'pino']))
    expect(details.packages).toEqual([
      expect.stringMatching(/^hono@.* \(no integrity\)$/),
      expect.stringMatching(/^sonic-boom@.* \(only a weak integrity hash\)$/),
    ])
    expect((await project.lock(['ms'])).direct).toHaveProperty('ms')
  })

  it('may not be missing', async () => {
    const project = changed('plain', packages => {
      delete packages['node_modules/sonic-boom']
    })
    const error = await refusal('LOCK_INCOMPLETE', project.lock(['pino']))
    expect(error.reason).toContain('pino wants sonic-boom')
  })

  it('may be missing where optional: a warning names them', async () => {
    const project = changed('platforms', packages => {
      delete packages['node_modules/@img/sharp-darwin-arm64']
    })
    const locked = await project.lock(['sharp'])
    expect(locked.warnings.join()).toContain('@img/sharp-darwin-arm64')
  })
})

describe('what a bento must not tell', () => {
  const canary = 'CANARY_4711'

  it('is scrubbed from registry addresses', async () => {
    const project = changed('plain', packages => {
      const hono = packages['node_modules/hono'] ?? {}
      hono.resolved = `https://bob:${canary}@registry.example/hono/-/hono-4.0.0.tgz?token=${canary}#${canary}`
    })
    project.write('.npmrc', `//registry.example/:_authToken=${canary}\n`)
    project.write('.env', `SECRET=${canary}`)
    const locked = await project.lock(['hono'])
    expect(JSON.stringify(locked)).not.toContain(canary)
    expect(locked.lock).toContain('"https://registry.example/hono/-/hono-4.0.0.tgz"')
  })

  it.each([
    `https://bob:${canary}@host.example/x.tgz`,
    `https://host.example/x.tgz?token=${canary}`,
    `git+https://${canary}@host.example/x.git#${'a'.repeat(40)}`,
  ])('is refused in the address of a dependency: %s', async address => {
    const project = changed('plain', packages => {
      const root = packages[''] ?? {}
      root.dependencies = { x: address }
      packages['node_modules/x'] = { version: '1.0.0', resolved: address, integrity: 'sha512-AA==' }
    })
    project.edit('package.json', manifest => {
      manifest.dependencies.x = address
    })
    const error = await refusal('LOCK_UNSUPPORTED', project.lock(['x']))
    expect(`${error.message}${JSON.stringify(error.details)}${error.cause}`).not.toContain(canary)
  })

  it('is refused in what npm reads besides dependencies, and so are absolute paths', async () => {
    for (const told of [`https://bob:${canary}@host.example/x.tgz`, 'file:///home/me/x']) {
      const project = new TestProject('plain')
      project.edit('package.json', manifest => {
        manifest.packageExtensions = { hono: { dependencies: { x: told } } }
      })
      const error = await refusal('LOCK_UNSUPPORTED', project.lock(['hono']))
      expect(error.message).not.toContain(canary)
    }
  })
})

describe('git dependencies', () => {
  const at = (commit: string) => {
    const spec = `git+ssh://git@host.example/acme/x.git`
    const project = changed('plain', packages => {
      const root = packages[''] ?? {}
      root.dependencies = { x: `${spec}#main` }
      packages['node_modules/x'] = { version: '1.0.0', resolved: `${spec}#${commit}` }
    })
    project.edit('package.json', manifest => {
      manifest.dependencies.x = `${spec}#main`
    })
    return project
  }

  it('are kept with their full commit, and a warning', async () => {
    const locked = await at('a'.repeat(40)).lock(['x'])
    expect(locked.packageJson).toMatchObject({ dependencies: { x: 'git+ssh://git@host.example/acme/x.git#main' } })
    expect(locked.warnings.join()).toContain('git')
  })

  it('are refused without it', async () => {
    await refusal('LOCK_UNSUPPORTED', at('main').lock(['x']))
  })
})

describe('the temporary folder', () => {
  it('must be usable, and is left empty', async () => {
    const project = new TestProject('plain')
    const before = process.env.TMPDIR
    onTestFinished(() => {
      if (before === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = before
    })
    project.write('tmp/kept', '')
    process.env.TMPDIR = project.path('tmp')
    await project.lock(['hono'])
    expect(readdirSync(project.path('tmp'))).toEqual(['kept'])
    process.env.TMPDIR = project.path('missing')
    await refusal('IO_FAILED', project.lock(['hono']))
  })
})
