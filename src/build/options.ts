import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { Check, invalidOptions, isPlain, kindOf } from '../config/check.js'
import type { OptionSource } from '../config/layers.js'
import type { BentoOptions } from '../config/options.js'

/**
 * What to build and how. The options of the bento win over those of the project's config, its bentofile and its
 * package.json; `labels`, `args`, `image`, `dependencies` and `envs` are merged with them by entry.
 */
export interface BuildOptions extends BentoOptions {
  /**
   * The build context: the folder of the project. The build is what `vite build` is there: the root of the Vite project,
   * in which the bentofile is looked for and relative options begin, is this folder, or the `root` of the config in it.
   *
   * @default the working directory
   */
  root?: string
  /**
   * The bentofile, relative to the working directory; `false` reads none.
   *
   * @default `bentofile.yaml` in the root, where there is one
   */
  bentofile?: string | false
  /**
   * The project's Vite config, relative to the working directory; `false` reads none.
   *
   * @default `vite.config.*` in `root`, where there is one
   */
  configFile?: string | false
  /** Vite's mode. @default 'production' */
  mode?: string
  /** How much Vite and the plugin say on the console. @default 'info' */
  logLevel?: 'info' | 'warn' | 'error' | 'silent'
  /** Hears where the value of each option came from, before anything is built. @default none */
  explain?: (sources: OptionSource[]) => void
}

/** {@link BuildOptions} checked, those of the bento apart. */
export interface BuildRequest {
  /** Absolute. */
  root: string
  bentofile: string | false | undefined
  configFile: string | false | undefined
  mode: string | undefined
  logLevel: 'info' | 'warn' | 'error' | 'silent'
  explain: ((sources: OptionSource[]) => void) | undefined
  /** Checked by the plugin, with all other layers. */
  bento: BentoOptions
}

/** @throws `OPTION_INVALID` for those that are not the bento's */
export function readBuildOptions(options: BuildOptions, where: string): BuildRequest {
  const check = new Check()
  if (!isPlain(options)) check.wrong('', `must be an object, not ${kindOf(options)}`)
  const { root, bentofile, configFile, mode, logLevel, explain, ...bento } = Object(options) as BuildOptions
  const folder = resolve(check.text('root', root) ?? '.')
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) check.wrong('root', `${folder} is no folder`)
  const path = (name: string, value: unknown): string | false | undefined => {
    if (value === false) return false
    const given = check.text(name, value)
    return given === undefined ? undefined : resolve(given)
  }
  const request = {
    root: folder,
    bentofile: path('bentofile', bentofile),
    configFile: path('configFile', configFile),
    mode: check.line('mode', mode),
    logLevel: check.oneOf('logLevel', logLevel, ['info', 'warn', 'error', 'silent'], 'info'),
    explain,
    bento,
  }
  if (explain !== undefined && typeof explain !== 'function') check.wrong('explain', 'must be a function')
  if (check.problems.length > 0) throw invalidOptions(check.problems, where)
  return request
}
