// `npm run bench [name…]`: everything, or the benchmarks named; `archive` takes parts: `npm run bench -- archive weights`.
import { checkBuilt, machine } from './workplace.js'

const NAMES = ['start', 'list', 'build', 'save', 'archive']
const PARTS = ['weights', 'text', 'peer', 'memory']

const asked = process.argv.slice(2)
const parts = asked.includes('archive') ? asked.filter(name => PARTS.includes(name)) : []
const named = asked.filter(name => !parts.includes(name))
const wanted = named.length > 0 ? named : NAMES
const unknown = wanted.filter(name => !NAMES.includes(name))
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}: there are ${NAMES.join(', ')}`)
  process.exit(2)
}
checkBuilt()
console.log(machine())
for (const name of wanted) await (await import(`./${name}.js`)).run(parts)
