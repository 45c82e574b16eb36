// Starting the command line against starting Node.
import { command, print, takeTurns } from './measure.js'
import { cli } from './workplace.js'

export async function run() {
  print(
    'start',
    takeTurns(
      {
        'node -e 0': command(process.execPath, ['-e', '0']),
        'bento --version': command(process.execPath, [cli, '--version']),
        'bento --help': command(process.execPath, [cli, '--help']),
      },
      25,
    ),
  )
}
