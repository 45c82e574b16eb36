import { join } from 'node:path'
import model from 'virtual:bento/model/digits'
import { Hono } from 'hono'
import { InferenceSession, Tensor } from 'onnxruntime-node'

/** What the service says of a drawing. */
export interface Answer {
  digit: number
  /** Of each digit from 0 to 9. */
  probabilities: number[]
  /** Tag of the model that named it. */
  model: string
}

const session = await InferenceSession.create(join(model.path, 'model.onnx'))

const app = new Hono()

/** A grey image of 8 × 8, row by row, as numbers from 0 (paper) to 16 (ink). */
app.post('/api/classify', async context => {
  const image = await context.req.json().catch(() => undefined)
  if (!isImage(image)) return context.json({ error: 'send a JSON array of 64 numbers from 0 to 16' }, 400)
  return context.json(await classify(image))
})

export default app

async function classify(image: number[]): Promise<Answer> {
  const [input] = session.inputNames
  const output = await session.run({ [input!]: new Tensor('float32', Float32Array.from(image), [1, 64]) })
  const [labels, probabilities] = session.outputNames.map(name => output[name]!.data)
  return {
    digit: Number(labels![0]),
    probabilities: Array.from(probabilities as Float32Array),
    model: model.tag,
  }
}

function isImage(value: unknown): value is number[] {
  return (
    Array.isArray(value) && value.length === 64 && value.every(ink => Number.isFinite(ink) && ink >= 0 && ink <= 16)
  )
}
