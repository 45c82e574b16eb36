import { statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { BentoError, systemCode } from '../core/errors.js'
import { readSmallFile } from '../files/read.js'
import { type Layer, mergeLayers, type OptionSource } from './layers.js'
import type { BentoOptions } from './options.js'
import { type ResolvedOptions, resolveOptions } from './resolve-options.js'

/** The bentofile that is looked for where none is named. */
const BENTOFILE = 'bentofile.yaml'
/** It is written by hand. */
const MAX_BYTES = 2 ** 20

/** Where options may come from, the lowest layer first. */
export interface LayerPlaces {
  /** The build context: the folder that relative options begin in. */
  root: string
  /** The project's package.json, which may have a section `bento`. */
  project: { path: string; manifest: object }
  /** Absolute path of a bentofile; false reads none, undefined the one in `root`, if there is one. */
  bentofile: string | false | undefined
  /** What `bento()` was given in the bundler's config; checked already. */
  config: BentoOptions
  /** What whoever started the build asks for. */
  overrides: Layer | undefined
}

/** The options of all layers together. */
export interface LayeredOptions {
  options: ResolvedOptions
  sources: OptionSource[]
  /** The files whose change changes the options, those that are not there yet included. */
  files: string[]
  /** About names that are no options; those of `bento()` itself left out. */
  warnings: string[]
}

/**
 * Reads the layers of options and merges them.
 *
 * @throws `OPTION_INVALID`, `BENTOFILE_INVALID`, `IO_FAILED`
 */
export async function readLayers(places: LayerPlaces): Promise<LayeredOptions> {
  const { project, config, overrides } = places
  const layers: Layer[] = []
  const files: string[] = []
  const warnings: string[] = []
  if ('bento' in project.manifest) {
    const from = 'package.json'
    warnings.push(...resolveOptions(project.manifest.bento, 'the section "bento" of package.json').warnings)
    layers.push({ from, options: project.manifest.bento as BentoOptions })
    files.push(project.path)
  }
  const bentofile = findBentofile(places)
  if (places.bentofile !== false) files.push(bentofile?.path ?? join(places.root, BENTOFILE))
  if (bentofile !== undefined) {
    // Loaded only where it is needed: configs are read often, bentofiles are rare.
    const { readBentofile } = await import('./bentofile/read.js')
    layers.push({ from: basename(bentofile.path), options: readBentofile(bentofile.text, bentofile.path) })
  }
  layers.push({ from: 'bento() in the config', options: config })
  if (overrides !== undefined) {
    warnings.push(...resolveOptions(overrides.options, overrides.from).warnings)
    layers.push(overrides)
  }
  const { options, sources } = mergeLayers(layers)
  return { options: resolveOptions(options).options, sources, files, warnings }
}

function findBentofile({ root, bentofile }: LayerPlaces): { path: string; text: string } | undefined {
  if (bentofile === false) return undefined
  const path = bentofile ?? join(root, BENTOFILE)
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined && bentofile === undefined) return undefined
  const why = stats === undefined ? 'does not exist' : !stats.isFile() ? 'is no file' : undefined
  if (why !== undefined) throw wrongFile(path, why)
  if ((stats?.size ?? 0) > MAX_BYTES) throw wrongFile(path, `is larger than ${MAX_BYTES} bytes`)
  try {
    const { text } = readSmallFile(path)
    if (text !== undefined) return { path, text }
  } catch (cause) {
    throw new BentoError('IO_FAILED', `Cannot read the bentofile ${path}: ${systemCode(cause)}.`, { cause })
  }
  throw wrongFile(path, 'is not UTF-8')
}

function wrongFile(path: string, why: string): BentoError {
  return new BentoError('BENTOFILE_INVALID', `The bentofile ${path} ${why}.`, { details: { path } })
}
