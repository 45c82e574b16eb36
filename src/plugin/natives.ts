/**
 * Packages that must stay outside every bundle. Bundlers would take them in: Rolldown by default, Vite with
 * `noExternal: true`; then neither they nor their platform packages would reach the bento's lock.
 * Each line says why. Users add and remove names with the option `natives`.
 */
const NATIVES: Record<string, string> = {
  // Machine learning
  'onnxruntime-node': 'loads .node and shared libraries from its own folder',
  '@huggingface/transformers': 'chooses onnxruntime-node at run time, by path',
  '@xenova/transformers': 'chooses onnxruntime-node at run time, by path',
  '@tensorflow/tfjs-node': 'loads .node and libtensorflow from its own folder',
  '@tensorflow/tfjs-node-gpu': 'loads .node and libtensorflow from its own folder',
  'node-llama-cpp': 'loads a .node of a platform package',
  '@node-rs/jieba': 'loads a .node of a platform package',
  'faiss-node': 'builds a .node at install',
  'hnswlib-node': 'builds a .node at install',
  tokenizers: 'loads a .node of a platform package',
  '@anush008/tokenizers': 'loads a .node of a platform package',
  fastembed: 'uses onnxruntime-node and @anush008/tokenizers',
  '@lancedb/lancedb': 'loads a .node of a platform package',
  opencv4nodejs: 'builds a .node at install',
  catboost: 'loads shared libraries from its own folder',
  'sherpa-onnx-node': 'loads a .node of a platform package',

  // Images, sound, drawing
  sharp: 'loads libvips from platform packages',
  canvas: 'loads .node and shared libraries from its own folder',
  '@napi-rs/canvas': 'loads a .node of a platform package',
  '@napi-rs/image': 'loads a .node of a platform package',
  'skia-canvas': 'loads a .node from its own folder',
  '@resvg/resvg-js': 'loads a .node of a platform package',
  gl: 'builds a .node at install',
  'node-web-audio-api': 'loads a .node from its own folder',
  'ffmpeg-static': 'finds a program in its own folder',
  '@ffmpeg-installer/ffmpeg': 'finds a program in a platform package',
  'pdfjs-dist': 'starts a worker from its own folder',

  // Databases
  'better-sqlite3': 'loads a .node from its own folder',
  sqlite3: 'loads a .node from its own folder',
  libsql: 'loads a .node of a platform package',
  '@libsql/client': 'uses libsql, and chooses its driver by export conditions',
  duckdb: 'loads a .node from its own folder',
  '@duckdb/node-api': 'uses @duckdb/node-bindings',
  '@duckdb/node-bindings': 'loads a .node of a platform package',
  leveldown: 'loads a .node from its own folder',
  'classic-level': 'loads a .node from its own folder',
  rocksdb: 'builds a .node at install',
  lmdb: 'loads a .node of a platform package',
  'pg-native': 'builds a .node at install',
  oracledb: 'loads a .node from its own folder',
  couchbase: 'loads a .node of a platform package',
  realm: 'loads a .node from its own folder',
  msnodesqlv8: 'loads a .node from its own folder',
  typeorm: 'loads drivers and entities by computed names',
  sequelize: 'loads dialects by computed names',
  knex: 'loads dialects by computed names',
  prisma: 'finds engines by path',
  '@prisma/client': 'loads generated files and engines by path',

  // Messages and networks
  'node-rdkafka': 'builds a .node at install',
  '@confluentinc/kafka-javascript': 'loads a .node from its own folder',
  zeromq: 'loads a .node from its own folder',
  'aws-crt': 'loads a .node from its own folder',
  'uWebSockets.js': 'loads a .node from its own folder',
  bufferutil: 'loads a .node from its own folder',
  'utf-8-validate': 'loads a .node from its own folder',
  ssh2: 'has an optional .node',
  'cpu-features': 'builds a .node at install',
  'unix-dgram': 'builds a .node at install',
  'node-datachannel': 'loads a .node from its own folder',
  '@grpc/proto-loader': 'reads .proto files from its own folder',
  serialport: 'uses @serialport/bindings-cpp',
  '@serialport/bindings-cpp': 'loads a .node from its own folder',
  usb: 'loads a .node from its own folder',
  'node-hid': 'loads a .node from its own folder',

  // Hashes, secrets, compression
  bcrypt: 'loads a .node from its own folder',
  argon2: 'loads a .node from its own folder',
  '@node-rs/argon2': 'loads a .node of a platform package',
  '@node-rs/bcrypt': 'loads a .node of a platform package',
  '@node-rs/crc32': 'loads a .node of a platform package',
  '@node-rs/xxhash': 'loads a .node of a platform package',
  'sodium-native': 'loads a .node from its own folder',
  farmhash: 'loads a .node from its own folder',
  kerberos: 'loads a .node from its own folder',
  keytar: 'loads a .node from its own folder',
  snappy: 'loads a .node of a platform package',
  '@mongodb-js/zstd': 'builds a .node at install',
  'lzma-native': 'loads a .node from its own folder',
  lz4: 'builds a .node at install',
  'lz4-napi': 'loads a .node of a platform package',
  'msgpackr-extract': 'loads a .node of a platform package',
  'cbor-extract': 'loads a .node of a platform package',

  // Text and languages
  re2: 'loads a .node from its own folder',
  iconv: 'builds a .node at install',
  'node-expat': 'builds a .node at install',
  libxmljs2: 'loads a .node from its own folder',
  'tree-sitter': 'loads a .node from its own folder',
  '@napi-rs/simple-git': 'loads a .node of a platform package',
  nodegit: 'loads a .node from its own folder',

  // Compilers and tools that some services carry
  '@swc/core': 'loads a .node of a platform package',
  esbuild: 'starts a program of a platform package',
  rollup: 'loads a .node of a platform package',
  rolldown: 'loads a .node of a platform package',
  lightningcss: 'loads a .node of a platform package',
  '@parcel/watcher': 'loads a .node of a platform package',
  typescript: 'reads its libraries from its own folder',
  'isolated-vm': 'loads a .node from its own folder',
  'node-pty': 'loads a .node from its own folder',
  fsevents: 'exists on macOS only',
  'ffi-napi': 'loads a .node from its own folder',
  'ref-napi': 'loads a .node from its own folder',
  koffi: 'loads a .node from its own folder',
  puppeteer: 'finds a browser by path',
  'puppeteer-core': 'finds a browser by path',
  playwright: 'finds browsers by path',
  'playwright-core': 'finds browsers by path',

  // Observers, which replace what `require` and `import` return
  'dd-trace': 'patches modules as they are loaded',
  newrelic: 'patches modules as they are loaded',
  applicationinsights: 'patches modules as they are loaded',
  '@opentelemetry/instrumentation': 'patches modules as they are loaded',
  '@opentelemetry/auto-instrumentations-node': 'patches modules as they are loaded',
  '@sentry/profiling-node': 'loads a .node from its own folder',
  '@appsignal/nodejs': 'loads a .node from its own folder',
  'import-in-the-middle': 'registers a loader by path',
  'require-in-the-middle': 'patches modules as they are loaded',

  // Log transports run in workers, started by path
  pino: 'starts workers from its own folder',
  'thread-stream': 'starts workers from its own folder',
  piscina: 'starts workers from its own folder',
  tinypool: 'starts workers from its own folder',
}

/**
 * Makes the pattern of specifiers that stay outside: the packages and everything below them.
 *
 * @param changes the option `natives`: `name` adds, `!name` removes
 */
export function nativePattern(changes: readonly string[]): RegExp {
  const names = new Set(Object.keys(NATIVES))
  for (const change of changes) {
    if (change.startsWith('!')) names.delete(change.slice(1))
    else names.add(change)
  }
  const alternatives = [...names].map(name => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^(?:${alternatives.join('|') || '(?!)'})(?:/|$)`)
}
