// Where the benchmarks work, and with what.
import { spawnSync } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem, type } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const cli = join(root, 'dist', 'cli', 'main.js')
export const GIB = 2 ** 30

/** Calls `work` with a scratch folder on the disk of this repository: a `/tmp` in memory would flatter everyone. */
export async function inScratch(work, parent = join(root, 'node_modules', '.cache')) {
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, 'bench-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The Python that has BentoML, as test/interop looks for it; undefined where there is none. */
export function bentomlPython() {
  const candidates = [process.env.BENTO_PYTHON, join(root, '.venv', 'bin', 'python'), 'python3'].filter(Boolean)
  return candidates.find(python => spawnSync(python, ['-c', 'import bentoml']).status === 0)
}

/** Writes `size` random bytes. */
export async function writeRandom(file, size) {
  const stream = createWriteStream(file)
  const block = Buffer.alloc(2 ** 22)
  for (let left = size; left > 0; left -= block.length) {
    randomFillSync(block)
    if (!stream.write(Buffer.from(block.subarray(0, Math.min(left, block.length))))) await once(stream, 'drain')
  }
  stream.end()
  await once(stream, 'close')
}

/** Fills a store with `count` small models, laid as BentoML lays them. */
export function fillStore(home, count) {
  const start = Date.UTC(2026, 0, 1)
  for (let index = 0; index < count; index++) {
    const name = `model_${index % 100}`
    const version = `v${index}`
    const folder = join(home, 'models', name, version)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'weights.bin'), version)
    writeFileSync(join(folder, 'model.yaml'), modelYaml(name, version, new Date(start + index * 1000)))
    writeFileSync(join(home, 'models', name, 'latest'), version)
  }
}

/** Saves a model `name:v1` of one file, which `write` fills, laid as BentoML lays it. */
export async function writeModel(home, name, write) {
  const folder = join(home, 'models', name, 'v1')
  mkdirSync(folder, { recursive: true })
  await write(join(folder, 'weights.bin'))
  writeFileSync(join(folder, 'model.yaml'), modelYaml(name, 'v1', new Date(Date.UTC(2026, 0, 1))))
  writeFileSync(join(home, 'models', name, 'latest'), 'v1')
}

/** @param {string} [labels] the lines below `labels:` */
export function modelYaml(name, version, time, labels = '  stage: production\n  owner: data-team') {
  return `name: ${name}
version: ${version}
module: ''
labels:
${labels}
options: {}
metadata:
  accuracy: 0.9733333333333334
context:
  framework_name: onnxruntime
  framework_versions:
    onnxruntime: 1.31.1
  bentoml_version: 1.4.39
  python_version: 3.11.7
signatures:
  run:
    batchable: true
    batch_dim:
    - 0
    - 0
api_version: v1
creation_time: '${time.toISOString().replace('Z', '000+00:00')}'
`
}

/** One line on machine, system and date. */
export function machine() {
  const [cpu] = cpus()
  const memory = `${Math.round(totalmem() / GIB)} GiB`
  const day = new Date().toISOString().slice(0, 10)
  return `${day}: ${cpus().length} × ${cpu?.model.trim()}, ${memory}, ${type()} ${release()}, Node ${process.versions.node}`
}

/** Stops with a message where the package is not built. */
export function checkBuilt() {
  if (existsSync(cli)) return
  console.error('dist/ is missing: npm run build')
  process.exit(1)
}
