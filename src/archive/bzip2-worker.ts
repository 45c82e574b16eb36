// A worker thread that compresses blocks with libbz2, one after the other; started by bzip2/compressors.ts.
import { parentPort } from 'node:worker_threads'
import type { CompressTask } from './bzip2/compressors.js'
import { loadLibbz2 } from './bzip2/libbz2.js'

const libbz2 = await loadLibbz2()

parentPort?.on('message', ({ block, level, into }: CompressTask) => {
  parentPort?.postMessage(libbz2.compress(block, level, into))
})
