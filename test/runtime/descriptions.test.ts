import { describe, expect, it } from 'vitest'
import { handlerFolder, run, scratchFolder, writeFiles } from './service-process.js'

const OPENAPI = { openapi: '3.1.0', info: { title: 'Ä', version: '1' }, paths: {} }
const SCHEMA = { name: 'iris', type: 'service', routes: [], paths: {} }
const BENTO = {
  'bento.yaml': 'service: service:Service\nname: iris\nversion: v1\n',
  'apis/openapi.json': JSON.stringify(OPENAPI),
  'apis/schema.json': JSON.stringify(SCHEMA),
}
const SERVICE = "export default () => new Response('mine')"

describe('/schema.json and /docs.json', () => {
  it('are what the bento around the running code says', async () => {
    const folder = await handlerFolder({ 'service.js': SERVICE, ...BENTO })
    const url = await run(folder).listening()
    const [schema, docs] = await Promise.all([fetch(`${url}/schema.json`), fetch(`${url}/docs.json?x`)])
    expect(schema.headers.get('content-type')).toBe('application/json')
    expect(await schema.json()).toEqual(SCHEMA)
    expect(docs.headers.get('content-type')).toBe('application/json')
    expect(await docs.json()).toEqual(OPENAPI)
    expect(await (await fetch(`${url}/docs.json`, { method: 'POST' })).text()).toBe('mine')
  })

  it('are found in the bento that BENTO_PATH names, where a copy of src/ runs', async () => {
    const bento = scratchFolder()
    writeFiles(bento, BENTO)
    const url = await run(await handlerFolder({ 'service.js': SERVICE }), { BENTO_PATH: bento }).listening()
    expect(await (await fetch(`${url}/schema.json`)).json()).toEqual(SCHEMA)
  })

  it("are the service's own routes where the bento does not describe it", async () => {
    const { 'bento.yaml': manifest } = BENTO
    const url = await run(await handlerFolder({ 'service.js': SERVICE, 'bento.yaml': manifest })).listening()
    for (const path of ['/schema.json', '/docs.json']) expect(await (await fetch(url + path)).text()).toBe('mine')
  })
})
