import { parseDocument } from 'yaml'
import { BentoError } from '../../../core/errors.js'
import type { Manifest } from '../project.js'
import { type Fields, fieldsOf, texts } from './lock.js'

/** Settings of pnpm that change what its lock means, or what is run at install. */
export interface PnpmSettings {
  /** By selector: `ms`, `debug>ms`, `ms@2`. Of `resolutions` in package.json too, which pnpm reads like them. */
  overrides: Record<string, string>
  catalogs: Map<string, Map<string, string>>
  /** Path of each patch, relative to the lock's folder, by `name` or `name@version`. */
  patchedDependencies: Record<string, string>
  /** Whose install scripts run, as npm's `allowScripts`; keys may hold `*`. */
  allowScripts: Record<string, boolean>
  allowsAllScripts: boolean
}

/**
 * Reads pnpm-workspace.yaml and, as pnpm 10 and older do, `pnpm` in the package.json beside it.
 *
 * @param text of pnpm-workspace.yaml, undefined where there is none
 * @throws `LOCK_STALE` where it does not parse: what the lock should match is unknown
 */
export function pnpmSettings(text: string | undefined, path: string, rootManifest: Manifest): PnpmSettings {
  const workspace = text === undefined ? {} : readWorkspace(text, path)
  const own = fieldsOf(rootManifest.pnpm)
  const ignoresOwn = /^pnpm@(?:1[1-9]|[2-9]\d)/.test(String(rootManifest.packageManager ?? ''))
  const [older, later] = [ignoresOwn ? {} : own, workspace]
  const listed = (name: string) => [older, later].flatMap(from => (Array.isArray(from[name]) ? from[name] : []))
  const named = (name: string, value: boolean) =>
    Object.fromEntries(listed(name).flatMap(item => (typeof item === 'string' ? [[item, value]] : [])))
  const catalogs = Object.entries(fieldsOf(workspace.catalogs)).map(
    ([name, entries]) => [name, texts(entries)] as const,
  )
  const allowBuilds = { ...fieldsOf(older.allowBuilds), ...fieldsOf(later.allowBuilds) }
  return {
    overrides: { ...texts(rootManifest.resolutions), ...texts(older.overrides), ...texts(later.overrides) },
    catalogs: new Map(
      [['default', texts(workspace.catalog)] as const, ...catalogs]
        .filter(([, entries]) => Object.keys(entries).length > 0)
        .map(([name, entries]) => [name, new Map(Object.entries(entries))]),
    ),
    patchedDependencies: { ...texts(older.patchedDependencies), ...texts(later.patchedDependencies) },
    allowScripts: {
      ...named('onlyBuiltDependencies', true),
      ...Object.fromEntries(Object.entries(allowBuilds).map(([name, value]) => [name, String(value) === 'true'])),
      ...named('neverBuiltDependencies', false),
    },
    allowsAllScripts: String(later.dangerouslyAllowAllBuilds ?? older.dangerouslyAllowAllBuilds) === 'true',
  }
}

function readWorkspace(text: string, path: string): Fields {
  const document = parseDocument(text, { schema: 'failsafe', logLevel: 'silent' })
  const failure = document.errors[0]
  if (failure === undefined) return fieldsOf(document.toJS())
  throw new BentoError('LOCK_STALE', `${path} is no YAML: ${failure.message.split('\n')[0]}`, {
    hint: 'Mend it, then run "pnpm install".',
    details: { path },
  })
}
