import { join } from 'node:path'
import model from 'virtual:bento/model/classifier'
import { InferenceSession, Tensor } from 'onnxruntime-node'

const session = await InferenceSession.create(join(model.path, 'model.onnx'))
const classes = model.info.metadata.classes as string[]

/** @param features sepal length and width, petal length and width, in centimetres */
export async function classify(features: number[]) {
  const [input] = session.inputNames
  const output = await session.run({ [input!]: new Tensor('float32', Float32Array.from(features), [1, 4]) })
  const [labels, probabilities] = session.outputNames.map(name => output[name]!.data)
  const label = Number(labels![0])
  return { label, name: classes[label], probabilities: Array.from(probabilities as Float32Array), model: model.tag }
}
