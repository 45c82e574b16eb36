// Building a bento when nothing has changed since the last build: against bare `vite build`, and against `bentoml build`
// of a service of the same size.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { command, median, print, takeTurns } from './measure.js'
import { bentomlPython, cli, GIB, inScratch, modelYaml, root, writeRandom } from './workplace.js'

const example = join(root, 'examples', 'iris')

/** Bundles the same service, the model's path written in; packages nothing. */
const WITHOUT = `
const id = 'virtual:bento/model/iris_clf?stage=production'
export default {
  plugins: [{
    name: 'model',
    resolveId: source => source === id ? '\\0model.js' : undefined,
    load: found => found === '\\0model.js' ? 'export default { tag: "", path: "", info: { metadata: {} } }' : undefined,
  }],
  build: { ssr: 'src/service.ts', outDir: 'dist/without' },
}
`

/** One file and one package, in both languages. */
const SERVICE = `import { Hono } from 'hono'

const app = new Hono()
app.post('/hi', async context => context.text(\`hi \${(await context.req.json()).name}\`))

export default app
`
const PYTHON_SERVICE = `import bentoml
import httpx


@bentoml.service(name="greeter")
class Greeter:
    @bentoml.api
    def hi(self, name: str = "x") -> str:
        return f"hi {name}"
`

export async function run() {
  if (!existsSync(join(example, 'node_modules', 'vite'))) {
    return console.log('\nbuild: needs `npm ci --ignore-scripts` in examples/iris')
  }
  await inScratch(async folder => {
    const project = join(folder, 'iris')
    const home = join(folder, 'home')
    cpSync(example, project, { recursive: true, filter: path => !/node_modules|dist$/.test(path) })
    linkModules(project)
    writeFileSync(join(project, 'without.config.js'), WITHOUT)
    cpSync(join(root, 'fixtures', 'home'), home, { recursive: true })
    measure('vite build, nothing changed', project, home)
    printPhases(project, home)

    const large = join(home, 'models', 'iris_clf', 'large')
    mkdirSync(large)
    await writeRandom(join(large, 'weights.bin'), GIB)
    writeFileSync(join(large, 'model.yaml'), modelYaml('iris_clf', 'large', new Date(Date.UTC(2030, 0, 1))))
    measure('the same with a model of 1 GiB that Python saved', project, home)
  })
  const python = bentomlPython()
  if (python === undefined) return console.log('\nBentoML is not installed here: its side of the builds is left out.')
  // BentoML refuses to build below a folder whose name begins with a dot.
  await inScratch(folder => againstPython(folder, python), join(root, 'node_modules'))
}

function linkModules(project) {
  symlinkSync(join(example, 'node_modules'), join(project, 'node_modules'), 'junction')
}

function measure(title, project, home) {
  const vite = join(project, 'node_modules', 'vite', 'bin', 'vite.js')
  const options = { cwd: project, env: { ...process.env, BENTOML_HOME: home } }
  const sides = {
    'vite build without the plugin': command(process.execPath, [vite, 'build', '-c', 'without.config.js'], options),
    'vite build with the plugin': command(process.execPath, [vite, 'build'], options),
    'bento build': command(process.execPath, [cli, 'build'], options),
  }
  print(title, takeTurns(sides, 11))
}

/** Where the time of a `bento build` goes: medians of several runs. */
function printPhases(project, home) {
  const args = ['--import', pathToFileURL(join(root, 'bench', 'phases.js')).href, cli, 'build']
  const runs = Array.from({ length: 11 }, () => {
    const { stderr } = spawnSync(process.execPath, args, {
      cwd: project,
      env: { ...process.env, BENTOML_HOME: home },
      encoding: 'utf8',
    })
    return JSON.parse(stderr.trim().split('\n').at(-1))
  })
  console.log(`\nwhere the time of bento build goes (${runs.length} rounds)`)
  for (const name of Object.keys(runs[0])) {
    console.log(
      `  ${name.padEnd(12)} ${median(runs.map(run => run[name]))
        .toFixed(0)
        .padStart(5)} ms`,
    )
  }
}

function againstPython(folder, python) {
  const [ours, theirs, unlocked] = ['ours', 'theirs', 'unlocked'].map(name => join(folder, name))
  cpSync(example, ours, { recursive: true, filter: path => !/node_modules|dist$|vite\.config|src./.test(path) })
  linkModules(ours)
  writeFileSync(join(ours, 'src', 'service.ts'), SERVICE)
  for (const [place, lock] of [
    [theirs, true],
    [unlocked, false],
  ]) {
    mkdirSync(place)
    writeFileSync(join(place, 'service.py'), PYTHON_SERVICE)
    const packages = `python:\n  packages: [httpx]\n  lock_packages: ${lock}\n`
    writeFileSync(join(place, 'bentofile.yaml'), `service: service:Greeter\n${packages}`)
  }
  const env = { ...process.env, BENTOML_HOME: join(folder, 'home'), BENTOML_DO_NOT_TRACK: 'True' }
  const build = ['-m', 'bentoml', 'build', '-o', 'tag']
  const sides = {
    'bento build': command(process.execPath, [cli, 'build'], { cwd: ours, env }),
    'bentoml build, packages not locked': command(python, build, { cwd: unlocked, env }),
    'bentoml build': command(python, build, { cwd: theirs, env }),
  }
  print('a service of one file and one package', takeTurns(sides, 5))
}
