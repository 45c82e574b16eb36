import { loadLibrary } from './read.js'

/**
 * Tells in which line of a document something stands, for errors about it.
 *
 * @param text a document that was read already: its size and depth are within the limits
 * @returns a function from a path of keys and indices to a line, counted from 1: that of the key or the item, else of what
 * is nearest above it
 */
export function yamlLines(text: string): (path: readonly string[]) => number {
  const yaml = loadLibrary()
  const lines = new yaml.LineCounter()
  const { contents } = yaml.parseDocument(text, { schema: 'failsafe', version: '1.1', lineCounter: lines })
  return path => {
    let node: unknown = contents
    let offset = 0
    for (const segment of path) {
      let found: unknown
      if (yaml.isMap(node)) {
        const pair = node.items.find(({ key }) => yaml.isScalar(key) && String(key.value) === segment)
        found = pair?.key
        node = pair?.value
      } else if (yaml.isSeq(node)) {
        found = node.items[Number(segment)]
        node = found
      }
      if (!yaml.isNode(found)) break
      offset = found.range?.[0] ?? offset
    }
    return lines.linePos(offset).line
  }
}
