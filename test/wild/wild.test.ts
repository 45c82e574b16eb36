import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type ServedBento, type ServeOptions, serve } from '../support/served.js'
import { viteBuild, type WildProject, wildProject } from './project.js'

let project: WildProject
let running: ServedBento | undefined

/** A fixture of `projects/`, installed anew for the suite. */
function inProject(name: string, suite: () => void): void {
  describe(name, () => {
    beforeAll(() => {
      project = wildProject(name)
    })
    afterEach(async () => {
      await running?.stop()
      running = undefined
    })
    afterAll(() => project.remove())
    suite()
  })
}

/** Builds `service` into the project's store, then serves it. */
async function buildAndServe(service: string, options: Omit<ServeOptions, 'home'> = {}): Promise<ServedBento> {
  viteBuild(project, JSON.stringify({ service, name: 'wild' }))
  running = await serve('wild', { home: project.home, ...options })
  return running
}

inProject('express', () => {
  it('serves a CommonJS app that listens by itself', async () => {
    const app = await buildAndServe('src/listens.js')
    expect(await app.get('/?name=ada')).toEqual({ greeting: 'hello ada' })
  })

  it('serves a CommonJS app that is only exported', async () => {
    const app = await buildAndServe('src/app.js')
    expect(await app.get('/')).toEqual({ greeting: 'hello stranger' })
    expect(await app.get('/where')).toEqual({ file: expect.stringMatching(/\.js$/), sameFolder: true })
  })

  it('keeps `require.main === module` true', async () => {
    const app = await buildAndServe('src/guarded.js')
    expect(await app.get('/')).toEqual({ greeting: 'hello stranger' })
  })
})

inProject('guard', () => {
  it.each(['filename', 'url', 'main'])('keeps the run-directly guard of %s.ts true', async guard => {
    const app = await buildAndServe(`src/${guard}.ts`)
    expect(await app.get('/')).toEqual({ guard, id: expect.stringMatching(/^[ab]{8}$/) })
  })
})

inProject('port-argument', () => {
  it('passes arguments and environment through', async () => {
    const app = await buildAndServe('src/server.js', {
      args: ['--port', '{port}', '--greeting', 'hi'],
      env: { WILD: 'yes' },
    })
    expect(await app.get('/')).toEqual({ greeting: 'hi', fromEnvironment: 'yes' })
  })
})

inProject('drizzle', () => {
  it('takes the driver along that only drizzle imports', async () => {
    const app = await buildAndServe('src/service.ts')
    expect(await app.get('/')).toEqual({ answer: 42 })
  })
})

inProject('sequelize', () => {
  it('takes the driver along that sequelize requires by a computed name', async () => {
    const app = await buildAndServe('src/service.ts')
    expect(await app.get('/')).toEqual({ sql: 'SELECT "name" FROM "Flowers";' })
  })
})

inProject('dev-only', () => {
  it('installs what run time needs though the project lists it for development', async () => {
    const app = await buildAndServe('src/service.ts')
    expect(await app.get('/?time=2h')).toEqual({ milliseconds: 7_200_000 })
  })
})

inProject('override', () => {
  it('keeps a version that lies outside the range of its parent', async () => {
    const app = await buildAndServe('src/service.ts')
    expect(await app.get('/')).toEqual({ week: 604_800_000 })
  })
})
