import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compareText } from '../core/tag.js'
import type { YamlMap } from '../core/yaml.js'
import { allowedPackages } from './allow-scripts.js'
import { baseImage } from './base-image.js'
import { clientFiles, refuseInClient } from './client-files.js'
import { readDescription } from './description.js'
import { dockerfileText } from './dockerfile.js'
import { below, planForeign } from './emitted-files.js'
import { entrypointText } from './entrypoint.js'
import { type ImageFiles, readImageFiles } from './image-files.js'
import { includedFiles, withoutExcluded } from './included-files.js'
import type { Place } from './install-command.js'
import { planLaunch } from './launch.js'
import {
  DOCKERFILE,
  ENTRYPOINT,
  METRICS,
  NO_PYTHON,
  NPMRC,
  PACKAGE_JSON,
  PACKAGE_LOCK,
  PATCH_LIST,
  PATCHER,
  PATCHES,
  PYTHON_STUB,
  README,
  REQUIREMENTS,
  RUNTIME,
  SBOM,
  SERVER,
  SETUP_SCRIPT,
  SOURCE,
} from './layout.js'
import { lockEntries } from './lock-file.js'
import { type ManifestFacts, sortedPins } from './manifest.js'
import { noPythonText } from './no-python.js'
import type { ServiceApis } from './openapi/service-apis.js'
import type { PlannedFile } from './planned-file.js'
import { pythonStub } from './python-stub.js'
import { readmeText } from './readme.js'
import { sbomText } from './sbom.js'
import { tracedFiles } from './traced-files.js'
import type { LockedDependencies, PackageOptions, ServiceSnapshot } from './types.js'

/** A file of the runtime as the package ships it; reached the same way from `src/bento` and from `dist/bento`. */
const runtimeFile = (name: string) => fileURLToPath(new URL(`../../dist/runtime/${name}`, import.meta.url))

/** What a handler is served by: files of `src/`, and where they come from. */
const RUNTIME_FILES: readonly PlannedFile[] = [
  { path: `${SOURCE}/${RUNTIME}`, from: runtimeFile('server.js') },
  { path: `${SOURCE}/${METRICS}`, from: runtimeFile(METRICS) },
]

/** A bento as plain data: all its files but manifest and checksums, and what the manifest is to say. */
export interface Assembly {
  plan: PlannedFile[]
  facts: ManifestFacts
  warnings: string[]
}

/**
 * Puts together what a bento is made of. Writes nothing.
 *
 * @throws `OUTPUT_CONFLICT`, `SERVICE_UNSUPPORTED`, `OPTION_INVALID`, `IO_FAILED`
 */
export async function assemble(
  snapshot: ServiceSnapshot,
  options: PackageOptions,
  locked: LockedDependencies,
  apis: ServiceApis,
): Promise<Assembly> {
  const launch = planLaunch(snapshot)
  const emitted = below(snapshot.outDir, snapshot.files).map(file =>
    file.to === snapshot.entry ? { ...file, to: launch.entry } : file,
  )
  const local = locked.localPackages.flatMap(({ from, files, to }) => below(from, files, to))
  const client = clientFiles(snapshot.client)
  const others = [...emitted, ...local, ...locked.files, ...patchCopies(locked)]
  const included = await includedFiles(snapshot, options, [...others, ...client], launch.server !== undefined)
  if (client.length > 0) refuseInClient([...others, ...included.files].map(({ to }) => to))
  const known = [...others, ...included.files, ...client]
  const wanted = await withoutExcluded(snapshot.projectRoot, options.exclude, snapshot.traced)
  const traced = await tracedFiles(wanted, known, launch.server !== undefined)
  const foreign = await planForeign([...known, ...traced.files], launch.server !== undefined)
  const description = await readDescription(snapshot.projectRoot, options.description)
  const imageFiles = await readImageFiles(snapshot.projectRoot, options.image)
  const facts = manifestFacts(snapshot, options, locked, launch.entry, apis.schema)
  return {
    plan: [
      ...foreign.plan,
      ...included.links,
      ...sources(facts, locked, launch.server),
      ...(snapshot.mode === 'handler' ? RUNTIME_FILES : []),
      ...patching(locked),
      ...surroundings(facts, { description, imageFiles }, locked),
      ...Object.entries(apis.files).map(([path, content]) => text(path, content)),
    ],
    facts,
    warnings: [...apis.warnings, ...locked.warnings, ...included.warnings, ...traced.warnings, ...foreign.warnings],
  }
}

function manifestFacts(
  snapshot: ServiceSnapshot,
  options: PackageOptions,
  locked: LockedDependencies,
  entry: string,
  schema: YamlMap,
): ManifestFacts {
  const node = nodeRange(locked.packageJson)
  const packages = lockEntries(locked.lock)
  const allowed = allowedPackages({ packageJson: locked.packageJson, packages })
  const { name, labels, envs, args, image } = options
  return {
    name,
    labels,
    envs,
    // Checked where the options are read.
    args: args as YamlMap,
    pins: sortedPins(snapshot.pins),
    mode: snapshot.mode,
    entry,
    node,
    lockDigest: `sha256:${createHash('sha256').update(locked.lock).digest('hex')}`,
    baseImage: baseImage(image, node),
    image,
    needsPackages: Object.keys(packages).some(place => place !== ''),
    hasPatches: locked.patches.length > 0,
    allowedScripts: allowed.map(({ path }) => path).sort(compareText),
    installInputs: installInputs(locked),
    schema,
  }
}

/** The patches, each once, though it may be for several places. */
function patchCopies({ patches }: LockedDependencies): { from: string; to: string }[] {
  return [...new Map(patches.map(({ from, to }) => [to, { from, to }])).values()]
}

/** What applies them, and to what. */
function patching({ patches }: LockedDependencies): PlannedFile[] {
  if (patches.length === 0) return []
  const list = patches.map(({ package: place, to, prefix }) => ({ package: place, patch: posix.basename(to), prefix }))
  return [
    text(`${SOURCE}/${PATCH_LIST}`, json(list)),
    { path: `${SOURCE}/${PATCHER}`, from: runtimeFile('apply-patches.js') },
  ]
}

function installInputs({ localPackages, files, patches, npmrc }: LockedDependencies): Place[] {
  const places = [
    ...localPackages.map(({ to }) => ({ path: to, folder: true })),
    ...files.map(({ to }) => ({ path: to, folder: false })),
    ...(patches.length === 0 ? [] : [{ path: PATCHES, folder: true }]),
    ...(npmrc === undefined ? [] : [{ path: NPMRC, folder: false }]),
  ]
  return places.sort((a, b) => compareText(a.path, b.path))
}

/** What locking the packages wrote; a project may have put anything there. */
function nodeRange({ engines }: Record<string, unknown>): string {
  const { node } = engines as Record<string, unknown>
  return typeof node === 'string' ? node : '*'
}

/** What lies in `src/` and was not emitted. */
function sources(facts: ManifestFacts, locked: LockedDependencies, server: string | undefined): PlannedFile[] {
  const { name, version, private: _, type: __, ...rest } = locked.packageJson
  const packageJson = {
    name,
    version,
    private: true,
    type: 'module',
    main: SERVER,
    // npm runs it after `npm ci` in the folder; images and `bento serve`, which run no scripts, do so themselves.
    scripts: { start: `node ${SERVER}`, ...(locked.patches.length === 0 ? {} : { postinstall: `node ${PATCHER}` }) },
    ...rest,
  }
  return [
    text(`${SOURCE}/${PACKAGE_JSON}`, json(packageJson)),
    text(`${SOURCE}/${PACKAGE_LOCK}`, locked.lock),
    text(`${SOURCE}/${PYTHON_STUB}`, pythonStub(facts)),
    ...(server === undefined ? [] : [text(`${SOURCE}/${SERVER}`, server)]),
    ...(locked.npmrc === undefined ? [] : [text(`${SOURCE}/${NPMRC}`, locked.npmrc)]),
    ...locked.localPackages.map(({ to, packageJson: own }) => text(`${SOURCE}/${to}/${PACKAGE_JSON}`, json(own))),
  ]
}

/** What lies around `src/`. */
function surroundings(
  facts: ManifestFacts,
  { description, imageFiles }: { description: string | undefined; imageFiles: ImageFiles },
  locked: LockedDependencies,
): PlannedFile[] {
  const { setupScript, template } = imageFiles
  return [
    text(README, readmeText({ ...facts, description, packages: locked.direct })),
    text(SBOM, sbomText(facts.name, locked.lock, facts.pins)),
    text(DOCKERFILE, dockerfileText({ ...facts, template, needsModels: facts.pins.length > 0 })),
    script(ENTRYPOINT, entrypointText(facts.envs)),
    script(NO_PYTHON, noPythonText()),
    ...(setupScript === undefined ? [] : [script(SETUP_SCRIPT, setupScript)]),
    text(REQUIREMENTS, ''),
  ]
}

function text(path: string, content: string) {
  return { path, text: content, executable: false }
}

function script(path: string, content: string) {
  return { path, text: content, executable: true }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
