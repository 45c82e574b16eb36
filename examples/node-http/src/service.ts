import { createServer, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import model from 'virtual:bento/model/iris_clf?stage=production'
import { InferenceSession, Tensor } from 'onnxruntime-node'

const session = await InferenceSession.create(join(model.path, 'model.onnx'))
const classes = model.info.metadata.classes as string[]

export default createServer(async (request, response) => {
  const [status, body] = await answer(request)
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
})

async function answer(request: IncomingMessage): Promise<[status: number, body: object]> {
  const route = `${request.method} ${request.url}`
  if (route === 'GET /readyz') return [200, { ready: true }]
  if (route !== 'POST /classify') return [404, { error: 'POST /classify is all there is' }]
  const features = await json(request).catch(() => undefined)
  return isFlower(features) ? [200, await classify(features)] : [400, { error: 'send a JSON array of four numbers' }]
}

async function classify(features: number[]) {
  const [input] = session.inputNames
  const output = await session.run({ [input!]: new Tensor('float32', Float32Array.from(features), [1, 4]) })
  const [labels, probabilities] = session.outputNames.map(name => output[name]!.data)
  const label = Number(labels![0])
  return { label, name: classes[label], probabilities: Array.from(probabilities as Float32Array), model: model.tag }
}

function isFlower(value: unknown): value is number[] {
  return Array.isArray(value) && value.length === 4 && value.every(Number.isFinite)
}
