import { appendFileSync, cpSync } from 'node:fs'
import { join, parse } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BentoStore } from '../../src/store/index.js'
import { repository } from '../support/served.js'
import { viteBuild, type WildProject, wildProject } from './project.js'

const OPTIONS = { service: 'src/service.ts', name: 'same', labels: { stage: 'dev' } }

// One store, built into again and again: what is the same keeps its version, what differs gets a new one.
describe('the version of a bento', () => {
  let project: WildProject
  let elsewhere: WildProject
  let bentos: BentoStore
  let first: string

  beforeAll(() => {
    project = wildProject('pinned')
    elsewhere = { ...wildProject('pinned'), home: project.home }
    cpSync(join(repository, 'fixtures/home'), project.home, { recursive: true })
    bentos = new BentoStore(project.home)
    first = tagIn(build(project))
  })
  afterAll(() => {
    project.remove()
    elsewhere.remove()
  })

  const latest = async () => String((await bentos.latest('same')).tag)

  it('stays when nothing changes, and the build says so', async () => {
    expect(build(project)).toContain(`unchanged, ${first}`)
    expect(await latest()).toBe(first)
  })

  it('stays in another folder and working directory', () => {
    expect(build(elsewhere)).toContain(`unchanged, ${first}`)
    expect(build(project, {}, parse(repository).root)).toContain(`unchanged, ${first}`)
  })

  it('changes with a label, an env, and a byte of the source; `latest` is what was built last', async () => {
    const labelled = tagIn(build(project, { labels: { stage: 'prod' } }))
    const withEnv = tagIn(build(project, { envs: { LEVEL: '1' } }))
    appendFileSync(join(elsewhere.folder, 'src/service.ts'), "console.log('!')\n")
    const edited = tagIn(build(elsewhere))
    expect(new Set([first, labelled, withEnv, edited]).size).toBe(4)
    expect(await latest()).toBe(edited)

    expect(build(project)).toContain(`unchanged, ${first}`)
    expect(await latest()).toBe(first)
    const stored = (await bentos.list('same')).map(bento => String(bento.tag))
    expect(stored.sort()).toEqual([first, labelled, withEnv, edited].sort())
  })
})

function build(project: WildProject, more: object = {}, cwd?: string): string {
  return viteBuild(project, JSON.stringify({ ...OPTIONS, ...more }), cwd)
}

function tagIn(output: string): string {
  return /\bsame:[a-z2-7]{16}\b/.exec(output)?.[0] ?? ''
}
