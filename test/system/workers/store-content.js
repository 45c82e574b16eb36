/**
 * The content of file `index` of an item: tells of which item it is, wherever one looks.
 *
 * @param {string} id
 * @param {number} index
 * @param {number} bytes
 */
export function contentOf(id, index, bytes) {
  return Buffer.alloc(bytes, `${id}/${index};`)
}
