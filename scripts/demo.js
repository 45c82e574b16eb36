// `npm run demo`: a model that Python saved → `vite build` → a bento → a prediction over HTTP, equal to the recorded one.
// Needs Node and npm only: it sets up what is missing, keeps to a scratch store and prints what a user would type.
// Another record to compare with may be given: `node scripts/demo.js other.json`.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const example = join(root, 'examples', 'iris')
const cli = join(root, 'dist', 'cli', 'main.js')
const shell = process.platform === 'win32'

/** How far a probability may be from the recorded one: float32 arithmetic differs a little between processors. */
const TOLERANCE = 1e-5

const recordedFile = process.argv[2] ?? join(root, 'fixtures', 'bentoml', 'iris.json')
const home = await mkdtemp(join(tmpdir(), 'bento-demo-'))
const env = { ...process.env, BENTOML_HOME: home }
let server
process.once('SIGINT', () => {
  server?.kill()
  rmSync(home, { recursive: true, force: true })
  process.exit(130)
})
try {
  setUp()
  console.log(`\n# A store of the demo's own, with the model that Python trained and saved with BentoML`)
  command(`export BENTOML_HOME=${home}`)
  command('cp -R fixtures/home/models "$BENTOML_HOME"')
  await cp(join(root, 'fixtures', 'home', 'models'), join(home, 'models'), { recursive: true })
  bento('models', 'list')

  console.log('\n# A TypeScript service that imports the model becomes a bento')
  command('cd examples/iris && npx vite build')
  run(process.execPath, [join(example, 'node_modules', 'vite', 'bin', 'vite.js'), 'build'], { cwd: example, env })
  bento('list')

  console.log('\n# The bento answers')
  const port = await freePort()
  command(`npx bento serve iris -p ${port}`)
  server = spawn(process.execPath, [cli, 'serve', 'iris', '-p', String(port)], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  await ready(server, port)
  await compare(port)
} catch (error) {
  console.error(`\ndemo failed: ${error.message}`)
  process.exitCode = 1
} finally {
  await stop(server)
  await rm(home, { recursive: true, force: true, maxRetries: 5 })
}

/** Installs what a fresh clone lacks: this package's own tools, then the example's packages. */
function setUp() {
  if (!isInstalled(root)) npm(root, 'ci')
  else run(process.execPath, [join(root, 'scripts', 'build.js')], { cwd: root })
  // onnxruntime-node's install script would fetch CUDA libraries; what a CPU needs is in the package.
  if (!isInstalled(example)) npm(example, 'ci', '--ignore-scripts')
}

/** Whether npm finished there: it writes this file last. */
function isInstalled(folder) {
  return existsSync(join(folder, 'node_modules', '.package-lock.json'))
}

/** Asks the service about each recorded flower; throws where an answer differs from what Python recorded. */
async function compare(port) {
  const recorded = JSON.parse(await readFile(recordedFile, 'utf8'))
  for (const [index, features] of recorded.input.entries()) {
    const body = JSON.stringify(features)
    const response = await fetch(`http://127.0.0.1:${port}/classify`, { method: 'POST', body })
    const text = await response.text()
    if (!response.ok) throw new Error(`the service answered ${response.status}: ${text}`)
    const answer = JSON.parse(text)
    if (index === 10) {
      command(`curl localhost:${port}/classify -d '${body}'`)
      console.log(text)
    }
    check(
      answer,
      { label: recorded.label[index], name: recorded.name[index], probabilities: recorded.probabilities[index] },
      body,
    )
  }
  console.log(`\n${recorded.input.length} predictions, each equal to the one that Python recorded.`)
}

function check(answer, expected, input) {
  const near = expected.probabilities.every((p, index) => Math.abs(p - answer.probabilities?.[index]) <= TOLERANCE)
  if (answer.label === expected.label && answer.name === expected.name && near) return
  throw new Error(
    `for ${input} Python recorded ${JSON.stringify(expected)}, the bento answered ${JSON.stringify(answer)}`,
  )
}

function command(typed) {
  console.log(`$ ${typed}`)
}

function bento(...args) {
  command(`npx bento ${args.join(' ')}`)
  run(process.execPath, [cli, ...args], { env })
}

function npm(folder, ...args) {
  command(`npm ${args.join(' ')}   # in ${folder === root ? 'this repository' : 'examples/iris'}, once`)
  run('npm', [...args, '--no-audit', '--no-fund'], { cwd: folder, shell })
}

function run(file, args, options) {
  const { status, error } = spawnSync(file, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options })
  if (error) throw error
  if (status !== 0) throw new Error(`${[file, ...args].join(' ')} exited with ${status}`)
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}

/** Waits until the service says it is ready: the first start also installs the locked packages. */
async function ready(child, port, seconds = 300) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    if (child.exitCode !== null) throw new Error(`bento serve ended with ${child.exitCode}`)
    const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
    if (response?.ok) return
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error(`the service was not ready within ${seconds} s`)
}

async function stop(child) {
  if (child === undefined || child.exitCode !== null) return
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}
