import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openApiDocument } from '../../src/bento/openapi/document.js'
import { serviceSchema } from '../../src/bento/openapi/service-schema.js'
import { scratchFolder } from '../support/home.js'
import { describeNeeding } from '../support/needs.js'
import { bentomlMissing, bentomlPython } from './peer.js'

/** A service of many shapes. */
const PROGRAM = `
import bentoml, typing as t
from pathlib import Path
from pydantic import BaseModel

class Flower(BaseModel):
    sepal: float
    tags: t.List[str] = []
    parts: t.Dict[str, int] = {}

@bentoml.service(name="varied")
class Varied:
    @bentoml.api
    def scalar(self, a: int, b: str = "x") -> str: return b
    @bentoml.api
    def model(self, flower: Flower) -> Flower: return flower
    @bentoml.api(input_spec=Flower)
    def spec(self, **values) -> t.Dict[str, t.Any]: return values
    @bentoml.api
    def root(self, items: t.List[float], /) -> t.List[float]: return items
    @bentoml.api
    def root_model(self, flower: Flower, /) -> int: return 1
    @bentoml.api
    def upload(self, file: Path, note: str = "") -> bool: return True
    @bentoml.api
    def root_file(self, file: Path, /) -> float: return 1.0
    @bentoml.api
    def files(self, files: t.List[Path]) -> None: pass
    @bentoml.api
    async def stream(self, p: str) -> t.AsyncGenerator[str, None]: yield p
    @bentoml.api
    def nothing(self): pass
`

const PRINT = 'import json, service as s; print(json.dumps([s.Varied.openapi_spec.asdict(), s.Varied.schema()]))'

interface Schema {
  routes: Record<string, unknown>[]
}

describeNeeding(bentomlMissing, 'the schema of a service', () => {
  it('has the routes that BentoML gives them, when it is made of the OpenAPI document that BentoML makes', () => {
    const folder = scratchFolder()
    writeFileSync(join(folder, 'service.py'), PROGRAM)
    const env = { ...process.env, BENTOML_DO_NOT_TRACK: 'True', BENTOML_HOME: join(folder, 'home') }
    const run = spawnSync(bentomlPython as string, ['-c', PRINT], { cwd: folder, encoding: 'utf8', env })
    if (run.status !== 0) throw new Error(run.stderr)
    const [openapi, theirs] = JSON.parse(run.stdout) as [unknown, Schema]
    const checked = openApiDocument(openapi)
    if ('problems' in checked) throw new Error(checked.problems.join('; '))
    const ours = serviceSchema('varied', checked.document) as unknown as Schema
    expect(theirs.routes).toHaveLength(10)
    expect(byName(ours)).toEqual(byName(theirs))
  })
})

function byName({ routes }: Schema): unknown[] {
  return [...routes].sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1))
}
