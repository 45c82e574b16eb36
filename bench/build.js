// `vite build` of examples/iris with and without the plugin, when nothing has changed since the last build.
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { command, print, takeTurns } from './measure.js'
import { GIB, inScratch, modelYaml, root, writeRandom } from './workplace.js'

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

export async function run() {
  if (!existsSync(join(example, 'node_modules', 'vite'))) {
    return console.log('\nbuild: needs `npm ci --ignore-scripts` in examples/iris')
  }
  await inScratch(async folder => {
    const project = join(folder, 'iris')
    const home = join(folder, 'home')
    cpSync(example, project, { recursive: true, filter: path => !/node_modules|dist$/.test(path) })
    symlinkSync(join(example, 'node_modules'), join(project, 'node_modules'), 'junction')
    writeFileSync(join(project, 'without.config.js'), WITHOUT)
    cpSync(join(root, 'fixtures', 'home'), home, { recursive: true })
    measure('vite build, nothing changed', project, home)

    const large = join(home, 'models', 'iris_clf', 'large')
    mkdirSync(large)
    await writeRandom(join(large, 'weights.bin'), GIB)
    writeFileSync(join(large, 'model.yaml'), modelYaml('iris_clf', 'large', new Date(Date.UTC(2030, 0, 1))))
    measure('the same with a model of 1 GiB that Python saved', project, home)
  })
}

function measure(title, project, home) {
  const vite = join(project, 'node_modules', 'vite', 'bin', 'vite.js')
  const options = { cwd: project, env: { ...process.env, BENTOML_HOME: home } }
  const sides = {
    'without the plugin': command(process.execPath, [vite, 'build', '-c', 'without.config.js'], options),
    'with the plugin': command(process.execPath, [vite, 'build'], options),
  }
  print(title, takeTurns(sides, 11))
}
