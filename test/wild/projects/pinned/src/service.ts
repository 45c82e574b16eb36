import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import model from 'virtual:bento/model/iris_clf?stage=production'
import ms from 'ms'

const bytes = readFileSync(join(model.path, 'model.onnx')).length

export default {
  fetch: () => Response.json({ tag: model.tag, bytes, rows: model.info.metadata.rows, minute: ms('1m') }),
}
