import { type FieldReader, kindOf, otherKeys } from '../core/fields.js'
import type { ValueChecker } from '../core/values.js'
import { setKey } from '../core/yaml/value.js'
import { isYamlMap, type YamlMap, type YamlValue } from '../core/yaml.js'

/** A method of a model: `signatures` of model.yaml (BentoML, `ModelSignature` in `_internal/models/model.py`). */
export interface ModelSignature {
  readonly batchable: boolean
  /** Input and output dimension to batch over; counts only where `batchable`. */
  readonly batchDim: readonly [number, number]
  readonly inputSpec: YamlValue | undefined
  readonly outputSpec: YamlValue | undefined
  /** Keys of a newer BentoML, kept as they are. */
  readonly extra: YamlMap
}

/** What a user gives for a signature; one number means both dimensions. */
export interface ModelSignatureInput {
  /** @default false */
  batchable?: boolean
  /** @default 0 */
  batchDim?: number | readonly [number, number]
  inputSpec?: unknown
  outputSpec?: unknown
}

const KEYS = ['batchable', 'batch_dim', 'input_spec', 'output_spec']

/** Reads `signatures`. */
export function readSignatures(fields: FieldReader, map: YamlMap): Record<string, ModelSignature> {
  const source = fields.map(map, 'signatures', 'signatures', {})
  const signatures: Record<string, ModelSignature> = {}
  for (const [name, value] of Object.entries(source)) {
    const path = `signatures.${name}`
    if (!isYamlMap(value)) {
      fields.problem(path, `is ${kindOf(value)}, not a map`)
      continue
    }
    const batchDim = dimensions(value.batch_dim ?? 0)
    if (batchDim === undefined) fields.problem(`${path}.batch_dim`, 'is neither a whole number nor two of them')
    setKey(signatures, name, {
      batchable: value.batchable === true,
      batchDim: batchDim ?? [0, 0],
      inputSpec: value.input_spec ?? undefined,
      outputSpec: value.output_spec ?? undefined,
      extra: otherKeys(value, KEYS),
    })
  }
  return signatures
}

/** The map of `signatures`, in BentoML's order: `batch_dim` only where it counts, specs only where given. */
export function signaturesValue(signatures: Readonly<Record<string, ModelSignature>>): YamlMap {
  const map: YamlMap = {}
  for (const [name, signature] of Object.entries(signatures)) {
    setKey<YamlValue>(map, name, {
      batchable: signature.batchable,
      ...(signature.batchable ? { batch_dim: [...signature.batchDim] } : {}),
      ...(signature.inputSpec === undefined ? {} : { input_spec: signature.inputSpec }),
      ...(signature.outputSpec === undefined ? {} : { output_spec: signature.outputSpec }),
      ...signature.extra,
    })
  }
  return map
}

/** Checks signatures that a user wants saved. */
export function checkSignatures(checker: ValueChecker, input: unknown): Record<string, ModelSignature> {
  const signatures: Record<string, ModelSignature> = {}
  for (const [name, value] of checker.entries(input, 'signatures')) {
    const path = checker.path('signatures', name)
    const known: ModelSignatureInput = Object.fromEntries(checker.entries(value, path))
    const { batchable = false, batchDim = 0, inputSpec, outputSpec, ...rest } = known
    if (typeof batchable !== 'boolean') checker.problem(`${path}.batchable`, `is ${kindOf(batchable)}, not a boolean`)
    const both = dimensions(batchDim)
    if (both === undefined) checker.problem(`${path}.batchDim`, 'is neither a whole number nor two of them')
    for (const key of Object.keys(rest)) checker.problem(checker.path(path, key), 'is not known')
    setKey(signatures, name, {
      batchable: batchable === true,
      batchDim: both ?? [0, 0],
      inputSpec: inputSpec === undefined ? undefined : checker.value(inputSpec, `${path}.inputSpec`, true),
      outputSpec: outputSpec === undefined ? undefined : checker.value(outputSpec, `${path}.outputSpec`, true),
      extra: {},
    })
  }
  return signatures
}

function dimensions(value: unknown): [number, number] | undefined {
  const pair: unknown[] = Array.isArray(value) ? value : [value, value]
  const [first, second] = pair
  if (pair.length !== 2 || !Number.isSafeInteger(first) || !Number.isSafeInteger(second)) return undefined
  return [first as number, second as number]
}
