import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseYaml } from '../../src/core/yaml.js'
import { type Bento, BentoStore, ModelStore } from '../../src/store/index.js'
import { describeNeeding } from '../support/needs.js'
import { repository } from '../support/served.js'
import { viteBuild, type WildProject, wildProject } from '../wild/project.js'
import { bento, bentoml, bentomlIn, bentomlMissing, bentomlPython, Peer } from './peer.js'

const PYTHON_SERVICE = `
import bentoml

@bentoml.service(name="greeter")
class Greeter:
    model = bentoml.models.BentoModel("iris_clf:v1")

    @bentoml.api
    def hi(self, name: str = "x") -> str:
        return name
`

/** What YAML readers of either language might take for something else. */
const ARGS = {
  threshold: 0.5,
  count: 3,
  huge: 1e21,
  tiny: 1e-7,
  on: true,
  words: ['on', 'off', 'y', '1e5', '017', '0o17', '2024-01-01', '12:30', '~', '', ' a', 'a: b', '# c'],
  nested: { 'a b': [[1, 2], { deep: 'ü\u2028x' }], empty: {}, none: [] },
  2: 'two',
}

// One store and one story, told in order: built here, built there, listed by both, deleted crosswise.
describeNeeding(bentomlMissing, 'bentos, shared with BentoML', () => {
  let project: WildProject
  let peer: Peer
  let ours: Bento
  let bentos: BentoStore

  beforeAll(async () => {
    project = wildProject('pinned')
    cpSync(join(repository, 'fixtures/home'), project.home, { recursive: true })
    viteBuild(
      project,
      JSON.stringify({
        service: 'src/service.ts',
        name: 'pinned',
        labels: { team: 'vision', odd: '1e5' },
        envs: [{ name: 'LEVEL', value: 'a b$c', stage: 'runtime' }],
        args: ARGS,
      }),
    )
    bentos = new BentoStore(project.home)
    ours = await bentos.latest('pinned')
    buildWithPython(project.home)
    peer = new Peer(project.home)
  })
  afterAll(async () => {
    await peer?.stop()
    project?.remove()
  })

  it('gives Python every field of a bento built here', async () => {
    expect(await peer.bento('pinned:latest')).toEqual({
      tag: String(ours.tag),
      service: ours.info.service,
      labels: { team: 'vision', odd: '1e5' },
      creation_time: ours.creationTime,
      models: ['iris_clf:v2'],
      envs: [['LEVEL', 'a b$c', 'runtime']],
      entry_service: ours.info.entryService,
      args: ARGS,
    })
  })

  it('reads a bento that Python built', async () => {
    const { tag, info, creationTime } = await bentos.get('greeter')
    const theirs = await peer.bento('greeter:latest')
    expect({ tag: String(tag), labels: info.labels, creation_time: creationTime }).toEqual({
      tag: theirs.tag,
      labels: theirs.labels,
      creation_time: theirs.creation_time,
    })
  })

  it('prints the same lists and manifests on both command lines', () => {
    const [mine, its] = [bento, bentoml].map(run => JSON.parse(run(project.home, 'list', '-o', 'json').stdout))
    expect(mine).toEqual(its)
    expect(mine.map((row: { tag: string }) => row.tag).sort()).toEqual([String(ours.tag), 'greeter:g1'].sort())
    for (const tag of [String(ours.tag), 'greeter:g1']) {
      const printed = bentoml(project.home, 'get', tag)
      expect(printed).toMatchObject({ code: 0 })
      const manifest = parseYaml(printed.stdout, 'bentoml get') as Record<string, unknown>
      expect(`${manifest.name}:${manifest.version}`).toBe(tag)
      expect(parseYaml(bento(project.home, 'get', tag).stdout, 'bento get')).toMatchObject(manifest)
    }
  })

  it('has both refuse to delete a model that a bento of the other pins', async () => {
    const theirs = bentoml(project.home, 'models', 'delete', 'iris_clf:v2', '-y')
    expect(theirs.code).toBe(1)
    expect(theirs.stdout + theirs.stderr).toContain(String(ours.tag))
    const mine = bento(project.home, 'models', 'delete', 'iris_clf:v1', '-y')
    expect(mine.code).toBe(1)
    expect(mine.stderr).toContain('greeter:g1')
    expect(await new ModelStore(project.home).list('iris_clf')).toHaveLength(3)
  })

  it('lets either delete what the other built', async () => {
    expect(bento(project.home, 'delete', 'greeter:g1', '-y')).toMatchObject({ code: 0 })
    expect((await peer.bentos()).map(one => one.tag)).toEqual([String(ours.tag)])
    expect(bentoml(project.home, 'delete', String(ours.tag), '-y')).toMatchObject({ code: 0 })
    expect(await bentos.list()).toEqual([])
    // No bento is left to use it.
    expect(bentoml(project.home, 'models', 'delete', 'iris_clf:v2', '-y')).toMatchObject({ code: 0 })
  })
})

function buildWithPython(home: string): void {
  // BentoML refuses to build below a folder whose name begins with a dot.
  const folder = mkdtempSync(join(tmpdir(), 'greeter-'))
  try {
    writeFileSync(join(folder, 'service.py'), PYTHON_SERVICE)
    writeFileSync(
      join(folder, 'bentofile.yaml'),
      'service: service:Greeter\nlabels: {team: x}\npython: {lock_packages: false}\n',
    )
    const { code, stdout, stderr } = bentomlIn(folder, home, 'build', '--version', 'g1')
    if (code !== 0) throw new Error(`${bentomlPython} -m bentoml build ended with ${code}:\n${stdout}${stderr}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
