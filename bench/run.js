// `npm run bench [name…]`: everything, or the benchmarks named.
import { checkBuilt, machine } from './workplace.js'

const NAMES = ['start', 'list', 'build', 'save']

const wanted = process.argv.length > 2 ? process.argv.slice(2) : NAMES
const unknown = wanted.filter(name => !NAMES.includes(name))
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}: there are ${NAMES.join(', ')}`)
  process.exit(2)
}
checkBuilt()
console.log(machine())
for (const name of wanted) await (await import(`./${name}.js`)).run()
