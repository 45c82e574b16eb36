// Saving a model of 1 GiB against copying its file.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { command, print, takeTurns } from './measure.js'
import { cli, GIB, inScratch, writeRandom } from './workplace.js'

export async function run() {
  if (process.platform === 'win32') return console.log('\nsave: needs cp and sync')
  await inScratch(async folder => {
    const file = join(folder, 'weights.bin')
    const copy = join(folder, 'copy.bin')
    const home = join(folder, 'home')
    await writeRandom(file, GIB)
    const env = { ...process.env, BENTOML_HOME: home }
    const cp = command('cp', [file, copy])
    const sync = command('sync', [copy])
    const save = command(process.execPath, [cli, 'models', 'create', 'big', file], { env })
    const fresh = side => () => {
      rmSync(copy, { force: true })
      rmSync(home, { recursive: true, force: true })
      side()
    }
    print(
      'save a model of 1 GiB (bento hashes it and waits for the disk)',
      takeTurns(
        {
          cp: fresh(cp),
          'cp, then sync': fresh(() => {
            cp()
            sync()
          }),
          'bento models create': fresh(save),
        },
        5,
      ),
    )
  })
}
