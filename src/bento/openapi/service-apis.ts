import { dumpYaml, type YamlMap } from '../../core/yaml.js'
import { OPENAPI_JSON, OPENAPI_YAML, SCHEMA } from '../layout.js'
import { loadExport } from '../load-export.js'
import type { PackageOptions, ServiceSnapshot } from '../types.js'
import { openApiDocument } from './document.js'
import type { JsonMap } from './json.js'
import { invalid, readOpenApiFile } from './read-file.js'
import { serviceSchema } from './service-schema.js'

/** A manifest holds no schema that is longer than this as JSON, in characters: it is read with each listing of the store. */
const MAX_IN_MANIFEST = 64 * 1024

/** What a bento says about its service. */
export interface ServiceApis {
  /** Texts of files by their path in the bento; none where the service is not described. */
  files: Record<string, string>
  /** The schema for the manifest, as BentoML has it there; empty where there is none. */
  schema: YamlMap
  warnings: string[]
}

/**
 * Describes the service: from the document that the option `openapi` names, else from what the service exports under that
 * name.
 *
 * @throws `OPTION_INVALID` for a file that cannot be used. What is wrong with an export is told of in `warnings`: the service
 * runs without.
 */
export async function serviceApis(
  snapshot: Pick<ServiceSnapshot, 'openapi' | 'projectRoot' | 'outDir' | 'entry' | 'externals'>,
  options: Pick<PackageOptions, 'name' | 'envs' | 'home'>,
): Promise<ServiceApis> {
  const { openapi: source } = snapshot
  if (source === undefined) return { files: {}, schema: {}, warnings: [] }
  if ('file' in source) {
    const checked = openApiDocument(await readOpenApiFile(snapshot.projectRoot, source.file))
    if ('problems' in checked) throw invalid(source.file, `cannot be used: ${checked.problems.join('; ')}`)
    return described(options.name, checked.document)
  }
  const taken =
    'value' in source ? source : await loadExport({ ...snapshot, home: options.home, envs: atRunTime(options) })
  if ('failure' in taken) return undescribed(taken.failure)
  const checked = openApiDocument(taken.value)
  return 'problems' in checked ? undescribed(checked.problems.join('; ')) : described(options.name, checked.document)
}

function atRunTime({ envs }: Pick<PackageOptions, 'envs'>): Record<string, string> {
  return Object.fromEntries(envs.filter(({ stage }) => stage !== 'build').map(({ name, value }) => [name, value]))
}

function described(name: string, document: JsonMap): ServiceApis {
  const schema = serviceSchema(name, document)
  const isShort = JSON.stringify(schema).length <= MAX_IN_MANIFEST
  return {
    files: {
      [OPENAPI_YAML]: dumpYaml(document),
      [OPENAPI_JSON]: json(document),
      [SCHEMA]: json(schema),
    },
    schema: isShort ? schema : {},
    warnings: [],
  }
}

function undescribed(why: string): ServiceApis {
  const warning =
    `The service exports "openapi", but the bento has no apis/: ${why.replace(/\.$/, '')}. ` +
    'Export an OpenAPI document of version 3.0 or 3.1, or name its file in the option openapi.'
  return { files: {}, schema: {}, warnings: [warning] }
}

function json(value: JsonMap): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
