import { parseBentoInfo } from './bento-info.js'
import { parseModelInfo } from './model-info.js'
import type { ItemKind, ManifestHead } from './record.js'
import { scanModel } from './scan-model.js'

/** Models, as the store keeps them. */
export const MODEL_KIND: ItemKind = {
  folder: 'models',
  manifest: 'model.yaml',
  word: 'model',
  scanUsual: scanModel,
  required: ['name', 'version', 'module', 'creation_time'],
  parseHead(text, where) {
    const info = parseModelInfo(text, where)
    return headOf(info, info.module)
  },
}

/** Bentos, as the store keeps them. */
export const BENTO_KIND: ItemKind = {
  folder: 'bentos',
  manifest: 'bento.yaml',
  word: 'bento',
  required: ['name', 'version', 'service', 'creation_time'],
  parseHead(text, where) {
    return headOf(parseBentoInfo(text, where), '')
  },
}

function headOf(
  info: ReturnType<typeof parseModelInfo> | ReturnType<typeof parseBentoInfo>,
  module: string,
): ManifestHead {
  const { tag, creationTime, labels } = info
  return { name: tag.name, version: tag.version, module, creationTime, labels }
}
