// What the archive benchmark packs.
import { once } from 'node:events'
import { createWriteStream, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './workplace.js'

const BLOCK = 2 ** 22

/** `size` bytes of fp32 numbers, normally distributed: what the weights of a model look like to a compressor. */
export async function writeWeights(file, size) {
  const random = generator(1)
  await writeBlocks(file, size, block => {
    const floats = new Float32Array(block.buffer, block.byteOffset, block.length / 4)
    for (let index = 0; index < floats.length; index += 2) {
      const radius = 0.02 * Math.sqrt(-2 * Math.log(1 - random()))
      const angle = 2 * Math.PI * random()
      floats[index] = radius * Math.cos(angle)
      floats[index + 1] = radius * Math.sin(angle)
    }
  })
}

/** `size` bytes of text: lines of the sources and READMEs in node_modules, shuffled so that nothing repeats nearby. */
export async function writeText(file, size) {
  const random = generator(2)
  const lines = textLines()
  await writeBlocks(file, size, block => {
    for (let filled = 0; filled < block.length; ) {
      // Runs of lines, as texts have.
      let next = Math.floor(random() * lines.length)
      for (let run = 0; run < 40 && filled < block.length; run++, next++) {
        filled += block.write(lines[next % lines.length], filled)
      }
    }
  })
}

function textLines() {
  const modules = join(root, 'node_modules')
  const files = readdirSync(modules, { recursive: true, encoding: 'utf8' }).filter(name =>
    /\.(js|ts|md|json)$/.test(name),
  )
  let bytes = 0
  const lines = []
  for (const name of files.sort()) {
    if (bytes > 2 ** 26) break
    try {
      const text = readFileSync(join(modules, name), 'latin1')
      bytes += text.length
      for (const line of text.split('\n')) if (line.length < 200) lines.push(`${line.replace(/[^\x20-\x7e]/g, '?')}\n`)
    } catch {
      // A folder with such a name.
    }
  }
  return lines
}

async function writeBlocks(file, size, fill) {
  const stream = createWriteStream(file)
  for (let left = size; left > 0; left -= BLOCK) {
    const block = Buffer.allocUnsafeSlow(BLOCK)
    fill(block)
    if (!stream.write(block.subarray(0, Math.min(left, BLOCK)))) await once(stream, 'drain')
  }
  stream.end()
  await once(stream, 'close')
}

/** The same numbers in every run (mulberry32). */
function generator(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
