// Export and import of a model against cp, tar and the compressors, and against BentoML. Both sides wait for the disk.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { writeText, writeWeights } from './data.js'
import { command, median, once, print, takeTurns } from './measure.js'
import { bentomlPython, cli, GIB, inScratch, writeModel } from './workplace.js'

const SIZE = 2 ** 28
const ROUNDS = 3
const FORMATS = ['bentomodel', 'gz', 'bz2', 'tar', 'zip', 'folder']
/** BentoML takes minutes for these, and bzip2 is slow whoever does it: once is enough. */
const SLOW = new Set(['bentomodel', 'bz2'])

/** Runs all, or the parts named after `archive`: `weights`, `text`, `memory`, `peer`. */
export async function run(parts = []) {
  if (process.platform === 'win32') return console.log('\narchive: needs cp, tar and sync')
  const wants = part => parts.length === 0 || parts.includes(part)
  await inScratch(async folder => {
    for (const [data, write] of Object.entries({ weights: writeWeights, text: writeText })) {
      if (!wants(data) && !wants('peer')) continue
      const place = new Place(join(folder, data), data)
      await writeModel(place.home, data, file => write(file, SIZE))
      if (wants(data)) for (const format of FORMATS) compare(place, data, format)
      if (wants('peer')) againstBentoml(place, data)
      rmSync(place.root, { recursive: true })
    }
    if (wants('memory')) await memory(join(folder, 'memory'))
  })
}

/** Folders of one model: its store, the archives, and where imports go. */
class Place {
  constructor(root, name) {
    this.root = root
    this.name = name
    this.home = join(root, 'home')
    this.model = join(this.home, 'models', name, 'v1')
    this.target = join(root, 'target')
  }

  /** What `bento models export` makes of the model. */
  archive(format) {
    return join(this.root, `ours.${format}`)
  }

  out(name) {
    return join(this.root, name)
  }
}

function compare(place, data, format) {
  const archive = place.archive(format)
  const peers = peersOf(place, format)
  const rounds = format === 'bz2' ? once : takeTurns
  print(
    `export ${data}, 256 MiB, ${format}`,
    rounds({ ...peers.write, bento: fresh(archive, exporting(place, format, archive)) }, ROUNDS),
  )
  console.log(`  sizes: ${sizes(place, format)}`)
  print(
    `import ${data}, 256 MiB, ${format}`,
    rounds({ ...peers.read, bento: fresh(place.target, importing(archive, place.target)) }, ROUNDS),
  )
  for (const file of [archive, place.out(`peer.${format}`)]) rmSync(file, { recursive: true, force: true })
}

/** The tools that do the same; `cp` first, where the goal is set against it. */
function peersOf(place, format) {
  const { model, target } = place
  const file = place.out(`peer.${format}`)
  const copy = place.out('copy')
  const shell = (text, made) => fresh(made, command('sh', ['-c', `${text} && sync '${made}'`]))
  // What was unpacked is synced file by file, as an import does: `sync FOLDER` would sync the folder's own entry alone.
  const unpack = text => shell(`mkdir '${target}' && ${text} && find '${target}' -type f -exec sync {} +`, target)
  const pack = tool => shell(`tar cf - -C '${model}' . | ${tool} > '${file}'`, file)
  const cp = { cp: shell(`cp -r '${model}' '${copy}' && find '${copy}' -type f -exec sync {} +`, copy) }
  const tools = {
    bentomodel: {
      write: { ...cp, 'tar | xz -T0 -1': pack('xz -T0 -1') },
      read: { ...cp, 'xz -T0 -dc | tar x': unpack(`xz -T0 -dc '${file}' | tar xf - -C '${target}'`) },
    },
    gz: {
      write: { 'tar | pigz': pack('pigz') },
      read: { 'pigz -dc | tar x': unpack(`pigz -dc '${file}' | tar xf - -C '${target}'`) },
    },
    bz2: {
      write: { 'tar | lbzip2': pack('lbzip2') },
      read: { 'lbzip2 -dc | tar x': unpack(`lbzip2 -dc '${file}' | tar xf - -C '${target}'`) },
    },
    tar: {
      write: { tar: shell(`tar cf '${file}' -C '${model}' .`, file) },
      read: { 'tar x': unpack(`tar xf '${file}' -C '${target}'`) },
    },
    zip: {
      write: { zip: shell(`cd '${model}' && zip -qr '${file}' .`, file) },
      read: { unzip: unpack(`unzip -q '${file}' -d '${target}'`) },
    },
    folder: { write: cp, read: cp },
  }
  const { write, read } = tools[format]
  return { write: present(write), read: present(read) }
}

/** Sides whose programs are here; the others are named once as missing. */
function present(sides) {
  const tools = ['pigz', 'lbzip2', 'xz', 'zip', 'unzip']
  return Object.fromEntries(
    Object.entries(sides).filter(([name]) => {
      const missing = tools.filter(tool => new RegExp(`\\b${tool}\\b`).test(name) && !isThere(tool))
      for (const tool of missing) console.log(`  ${tool} is not here`)
      return missing.length === 0
    }),
  )
}

function isThere(tool) {
  return spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0
}

function fresh(made, side) {
  return () => {
    rmSync(made, { recursive: true, force: true })
    side()
  }
}

function exporting(place, format, archive) {
  const args = [cli, 'models', 'export', `${place.name}:v1`, archive, '-f', format, '-q']
  return command(process.execPath, args, { env: { ...process.env, BENTOML_HOME: place.home } })
}

function importing(archive, home) {
  const args = [cli, 'models', 'import', archive, '-q']
  return command(process.execPath, args, { env: { ...process.env, BENTOML_HOME: home } })
}

function sizes(place, format) {
  const all = { bento: place.archive(format), peer: place.out(`peer.${format}`) }
  return Object.entries(all)
    .filter(([, file]) => existsSync(file) && statSync(file).isFile())
    .map(([name, file]) => `${name} ${(statSync(file).size / 2 ** 20).toFixed(1)} MiB`)
    .join(', ')
}

/** BentoML on the same model, in its own command line; and its archive read by us, against `xz -dc | tar x`. */
function againstBentoml(place, data) {
  const python = bentomlPython()
  if (python === undefined) return console.log('\narchive peer: no Python with BentoML is here')
  const { target } = place
  for (const format of FORMATS) {
    const theirs = place.out(`bentoml.${format}`)
    const ours = place.archive(format)
    const bentoml = (home, ...args) =>
      command(python, ['-m', 'bentoml', ...args], {
        env: { ...process.env, BENTOML_HOME: home, BENTOML_DO_NOT_TRACK: 'True' },
      })
    const rounds = SLOW.has(format) ? once : takeTurns
    const write =
      format === 'folder'
        ? command(
            python,
            ['-c', `import bentoml; bentoml.models.export_model('${data}:v1', '${theirs}', output_format='folder')`],
            {
              env: { ...process.env, BENTOML_HOME: place.home, BENTOML_DO_NOT_TRACK: 'True' },
            },
          )
        : bentoml(place.home, 'models', 'export', `${data}:v1`, theirs)
    const sides = { bento: fresh(ours, exporting(place, format, ours)), BentoML: fresh(theirs, write) }
    print(`export ${data} against BentoML, ${format}`, rounds(sides, ROUNDS))
    if (format === 'folder') continue
    const reading = {
      'bento, our archive': fresh(target, importing(ours, target)),
      'BentoML, our archive': fresh(target, bentoml(target, 'models', 'import', ours)),
      'BentoML, its own': fresh(target, bentoml(target, 'models', 'import', theirs)),
      'bento, BentoML’s archive': fresh(target, importing(theirs, target)),
    }
    if (format === 'bentomodel' && isThere('xz')) {
      const text = `mkdir '${target}' && xz -dc '${theirs}' | tar xf - -C '${target}' && find '${target}' -type f -exec sync {} +`
      const times = rounds({ ...reading, 'xz -dc | tar x': fresh(target, command('sh', ['-c', text])) }, ROUNDS)
      print(`import ${data} against BentoML, ${format}`, times)
      const ratio = median(times['bento, BentoML’s archive']) / median(times['xz -dc | tar x'])
      console.log(`  BentoML’s own archive: bento takes ${ratio.toFixed(2)} times xz -dc | tar x`)
    } else {
      print(`import ${data} against BentoML, ${format}`, rounds(reading, ROUNDS))
    }
    for (const file of [theirs, ours]) rmSync(file, { recursive: true, force: true })
  }
}

/** Peak memory of the whole process, as the system counts it, for a model of 4 GiB. */
async function memory(root) {
  const place = new Place(root, 'large')
  mkdirSync(root, { recursive: true })
  await writeModel(place.home, 'large', file => writeWeights(file, 4 * GIB))
  console.log('\npeak memory, a model of 4 GiB')
  for (const format of FORMATS.filter(one => one !== 'bz2')) {
    const archive = place.archive(format)
    const out = peakOf(place.home, ['models', 'export', 'large:v1', archive, '-f', format, '-q'], root)
    const back = peakOf(place.target, ['models', 'import', archive, '-q'], root)
    console.log(`  ${format.padEnd(12)} export ${out} MiB, import ${back} MiB`)
    for (const file of [archive, place.target]) rmSync(file, { recursive: true, force: true })
  }
}

function peakOf(home, args, root) {
  const note = join(root, 'peak')
  const code = `process.on('exit',()=>require('fs').writeFileSync(${JSON.stringify(note)},String(process.resourceUsage().maxRSS)))`
  const hook = `--import=data:text/javascript,${encodeURIComponent(`import { createRequire } from 'node:module'; const require = createRequire('/'); ${code}`)}`
  command(process.execPath, [hook, cli, ...args], { env: { ...process.env, BENTOML_HOME: home } })()
  return Math.round(Number(readFileSync(note, 'utf8')) / 1024)
}
