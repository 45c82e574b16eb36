import { join } from 'node:path'
import model from 'virtual:bento/model/iris_clf?stage=production'
import { Hono } from 'hono'
import { InferenceSession, Tensor } from 'onnxruntime-node'

const session = await InferenceSession.create(join(model.path, 'model.onnx'))
const classes = model.info.metadata.classes as string[]

const app = new Hono()

/** Four measures of a flower in centimetres: sepal length and width, petal length and width. */
app.post('/classify', async context => {
  const features = await context.req.json().catch(() => undefined)
  if (!isFlower(features)) return context.json({ error: 'send a JSON array of four numbers' }, 400)
  return context.json({ ...(await classify(features)), model: model.tag })
})

export default app

async function classify(features: number[]) {
  const [input] = session.inputNames
  const output = await session.run({ [input!]: new Tensor('float32', Float32Array.from(features), [1, 4]) })
  const [labels, probabilities] = session.outputNames.map(name => output[name]!.data)
  const label = Number(labels![0])
  return { label, name: classes[label], probabilities: Array.from(probabilities as Float32Array) }
}

function isFlower(value: unknown): value is number[] {
  return Array.isArray(value) && value.length === 4 && value.every(Number.isFinite)
}
