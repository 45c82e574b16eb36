import type { LockFile } from './lock-file.js'
import { closure, edgesOf, isLocal, splitLocation } from './lock-graph.js'
import { listed, type Manifest, type Project } from './project.js'
import type { Seed } from './seeds.js'

/**
 * Packages that load others by a guarded or computed `require` without declaring all of them as peers: what each may
 * load. Read in: sequelize 6.37 `lib/dialects/<d>/connection-manager.js`, knex 3.3 `lib/dialects/<d>/index.js`, typeorm
 * 0.3.31 `platform/PlatformTools.js`, keyv 4.5 `src/index.js`, loopback-datasource-juggler 5.2 `lib/datasource.js`, express
 * 4.22 `lib/view.js` (the engine named by a view's extension), log4js 6.9 `lib/appenders/index.js`; pino 9 loads the
 * `target` of a transport in a worker.
 */
const DRIVERS: Readonly<Record<string, readonly string[]>> = {
  sequelize: words('pg pg-hstore mysql2 mariadb sqlite3 tedious ibm_db oracledb snowflake-sdk'),
  knex: words('pg pg-native pg-query-stream mysql mysql2 mariadb sqlite3 better-sqlite3 tedious oracledb'),
  typeorm: words(
    '@google-cloud/spanner @sap/hana-client better-sqlite3 ioredis mongodb mssql mysql mysql2 oracledb pg pg-native ' +
      'pg-query-stream redis sql.js sqlite3 typeorm-aurora-data-api-driver',
  ),
  keyv: words('@keyv/etcd @keyv/mongo @keyv/mysql @keyv/offline @keyv/postgres @keyv/redis @keyv/sqlite @keyv/tiered'),
  'loopback-datasource-juggler': words('loopback-connector-*'),
  express: words('ejs pug hbs eta'),
  log4js: words('@log4js-node/*'),
  pino: words('pino-*'),
}

function words(text: string): string[] {
  return text.split(' ')
}

/** Optional peers that are for the compiler alone, though packages declare them like any other. */
const TYPES_ONLY = /^(?:typescript|@types\/.+)$/

/**
 * Direct dependencies to add to those the bundle imports: a peer (optional or not) of a kept package, or a driver it is
 * known to load, that the project lists in any group and the lock holds. The project chose it, and a kept package
 * loads it: no import in the bundle shows it, yet without it the service fails at its first query.
 */
export function goAlong(project: Project, seeds: ReadonlyMap<string, Seed>): Map<string, string> {
  const { packages } = project.lock
  const all = new Map([...seeds.values()].map(({ name, location }) => [name, location]))
  // A workspace package that is bundled in chose its drivers like the service itself.
  const owners = [...new Set([...seeds.values()].map(({ owner }) => owner))].filter(isLocal)
  const lists = new Map<string, Manifest>([[project.location, project.manifest]])
  for (const owner of owners) if (!lists.has(owner)) lists.set(owner, packages.get(owner) ?? {})
  if (!lists.has('')) lists.set('', project.rootManifest)
  const manifests = [...lists.values()]
  for (let before = -1; before !== all.size; ) {
    before = all.size
    for (const location of closure(project.lock, all.values())) {
      for (const name of loadedBy(project.lock, location, manifests)) {
        const lister = all.has(name)
          ? undefined
          : [...lists].find(([, manifest]) => listed(manifest, name) !== undefined)
        const found = lister === undefined ? undefined : project.lock.find(lister[0], name)
        if (found !== undefined && found !== location) all.set(name, found)
      }
    }
  }
  return all
}

function loadedBy(lock: LockFile, location: string, manifests: readonly Manifest[]): string[] {
  const entry = lock.packages.get(location)
  if (entry === undefined || entry.link === true || entry.inBundle === true || location === '') return []
  const peers = edgesOf(entry)
    .filter(edge => edge.type === 'peer' || (edge.type === 'peerOptional' && !TYPES_ONLY.test(edge.name)))
    .map(edge => edge.name)
  // Some name optional peers in peerDependenciesMeta alone: sequelize 6.
  const meta = Object.keys(entry.peerDependenciesMeta ?? {}).filter(name => !TYPES_ONLY.test(name))
  const drivers = (DRIVERS[entry.name ?? splitLocation(location).name] ?? []).flatMap(name =>
    name.endsWith('*') ? namesWith(manifests, name.slice(0, -1)) : [name],
  )
  // pnpm's lock says which peers a package has: those are kept with it, and no other may take their place.
  const declared = lock.manager === 'pnpm' ? [] : [...peers, ...meta]
  return [...new Set([...declared, ...drivers])].sort()
}

function namesWith(manifests: readonly Manifest[], prefix: string): string[] {
  return manifests.flatMap(manifest =>
    ['dependencies', 'optionalDependencies', 'devDependencies', 'peerDependencies'].flatMap(group =>
      Object.keys((manifest[group] as object | undefined) ?? {}).filter(name => name.startsWith(prefix)),
    ),
  )
}
