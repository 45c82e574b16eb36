import { PATCHER } from './layout.js'

/** A file or folder below `src/` that `npm ci` needs besides package.json and its lock. */
export interface Place {
  /** POSIX path relative to `src/`. */
  path: string
  folder: boolean
}

/**
 * Shell command that installs a bento's locked packages when an image is made. Install scripts run only for the packages
 * that are named, whatever the image's npm would do by itself: npm 10 runs all, later ones ask a policy of their own.
 * An optional package that was not installed on the image's platform is passed over.
 *
 * `npm ci` comes first: BentoML gives secrets of stage `build` to the first simple command only.
 *
 * @param folder the npm project, from where the command is run: `.`, `src`
 * @param allowed places in it of the packages whose scripts may run: `node_modules/esbuild`
 * @param patched whether the bento patches its packages, which comes before their scripts
 */
export function installCommand(folder: string, allowed: readonly string[], patched = false): string {
  const inside = folder === '.' ? '' : ` --prefix ${folder}`
  const patch = patched ? ` && node ./${folder === '.' ? '' : `${folder}/`}${PATCHER}` : ''
  const install = `npm ci${inside} --omit=dev --ignore-scripts --no-audit --no-fund${patch}`
  if (allowed.length === 0) return install
  const places = allowed.map(place => shellWord(folder === '.' ? `./${place}` : `./${folder}/${place}`)).join(' ')
  const each = `if [ -d "$place" ]; then npm rebuild${inside} "$place" || exit 1; fi`
  return `${install} && for place in ${places}; do ${each}; done`
}

/** A word that a POSIX shell takes as it is. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
