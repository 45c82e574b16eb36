// `bento models list` against `bentoml models list`.
import { command, print, takeTurns } from './measure.js'
import { bentomlPython, cli, fillStore, inScratch } from './workplace.js'

export async function run() {
  const python = bentomlPython()
  if (python === undefined) console.log('\nBentoML is not installed here: its side of the lists is left out.')
  for (const [count, rounds] of [
    [1_000, 7],
    [10_000, 3],
  ]) {
    await inScratch(async home => {
      fillStore(home, count)
      const env = { ...process.env, BENTOML_HOME: home, BENTOML_DO_NOT_TRACK: 'True' }
      const args = ['models', 'list', '-o', 'json']
      const sides = { 'bento models list': command(process.execPath, [cli, ...args], { env }) }
      if (python !== undefined) sides['bentoml models list'] = command(python, ['-m', 'bentoml', ...args], { env })
      print(`list ${count.toLocaleString('en')} models`, takeTurns(sides, rounds))
    })
  }
}
