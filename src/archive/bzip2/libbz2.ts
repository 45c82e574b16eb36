import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

/** libbz2 1.0.8, compiled to WebAssembly. */
export interface Libbz2 {
  /**
   * Makes a whole bzip2 stream. Takes some tens of milliseconds for a block of 900 kB, during which the thread does nothing
   * else.
   *
   * @param level 1 to 9: hundreds of kB that are sorted together
   * @param into for the stream, {@link longestStream} of the data
   * @returns bytes of the stream
   */
  compress(data: Uint8Array, level: number, into: Uint8Array): number
}

interface Memory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

/** As much of WebAssembly as is used: TypeScript declares it among the types of browsers only. */
interface WebAssembly {
  instantiate(module: Uint8Array, imports: object): Promise<{ instance: { exports: unknown } }>
}

/** What the module exports and we use (`bzlib.h`); pointers are offsets into the memory. */
interface Exports {
  memory: Memory
  malloc(size: number): number
  free(pointer: number): void
  emscripten_stack_init(): void
  __wasm_call_ctors(): void
  BZ2_bzBuffToBuffCompress(
    into: number,
    intoLength: number,
    from: number,
    fromLength: number,
    blockSize100k: number,
    verbosity: number,
    workFactor: number,
  ): number
}

const PAGE = 65_536
const require = createRequire(import.meta.url)

/** The manual of bzip2 1.0.8, §3.5.1: bytes that a stream never exceeds, whatever the data. */
export function longestStream(dataLength: number): number {
  return dataLength + Math.ceil(dataLength / 100) + 600
}

/**
 * Loads the module of the package `bzip2-wasm`. Its JavaScript is left out: that sets globals, takes over the process's
 * uncaught errors, and doesn't find the module in a folder with a space in its path (it cuts `file://` off a URL).
 */
export async function loadLibbz2(): Promise<Libbz2> {
  const file = require.resolve('bzip2-wasm/bzip2-1.0.8/bzip2.wasm')
  const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssembly }
  const { instance } = await WebAssembly.instantiate(
    await readFile(file),
    imports(() => library.memory),
  )
  const library = instance.exports as Exports
  library.emscripten_stack_init()
  library.__wasm_call_ctors()
  return { compress: (data, level, into) => compress(library, data, level, into) }
}

function compress(library: Exports, data: Uint8Array, level: number, into: Uint8Array): number {
  const most = longestStream(data.length)
  const from = allocate(library, data.length)
  const stream = allocate(library, most)
  const length = allocate(library, 4)
  try {
    // The memory may have grown, and then has a new buffer, after each call.
    new Uint8Array(library.memory.buffer, from, data.length).set(data)
    new DataView(library.memory.buffer).setUint32(length, most, true)
    const code = library.BZ2_bzBuffToBuffCompress(stream, length, from, data.length, level, 0, 0)
    if (code !== 0) throw new Error(`libbz2 returned ${code}`)
    const { buffer } = library.memory
    const count = new DataView(buffer).getUint32(length, true)
    into.set(new Uint8Array(buffer, stream, count))
    return count
  } finally {
    for (const pointer of [from, stream, length]) library.free(pointer)
  }
}

function allocate(library: Exports, size: number): number {
  const pointer = library.malloc(size)
  if (pointer === 0) throw new Error(`libbz2 has no memory for ${size} bytes`)
  return pointer
}

/** What the module wants to be given: memory, and an output for messages about bugs of its own, after which it exits. */
function imports(memory: () => Memory): object {
  const stop = (): never => {
    throw new Error('libbz2 stopped')
  }
  return {
    env: {
      exit: stop,
      emscripten_memcpy_big: (into: number, from: number, size: number) => {
        new Uint8Array(memory().buffer).copyWithin(into, from, from + size)
      },
      emscripten_resize_heap: (size: number) => {
        try {
          memory().grow(Math.ceil((size - memory().buffer.byteLength) / PAGE))
          return 1
        } catch {
          return 0
        }
      },
    },
    wasi_snapshot_preview1: { fd_write: stop, fd_close: stop, fd_seek: stop },
  }
}
