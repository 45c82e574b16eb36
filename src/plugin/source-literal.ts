/**
 * Writes a plain value as a JavaScript expression that evaluates to it. Knows what JSON does not and model.yaml may
 * hold: bigints, NaN and the infinities, -0, bytes, and keys such as `__proto__`.
 *
 * @param value data: no functions, no cycles; objects with `toJSON` are written as what that returns, undefined
 * properties are left out.
 */
export function sourceLiteral(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (value instanceof Uint8Array) return `Uint8Array.of(${value.join(', ')})`
  if (Array.isArray(value)) return `[${value.map(sourceLiteral).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    if ('toJSON' in value && typeof value.toJSON === 'function') return sourceLiteral(value.toJSON())
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    return `{ ${entries.map(([key, item]) => `${keyLiteral(key)}: ${sourceLiteral(item)}`).join(', ')} }`
  }
  return value === undefined ? 'undefined' : JSON.stringify(value)
}

/** In an object literal, `"__proto__": x` sets the prototype; a computed key does not. */
function keyLiteral(key: string): string {
  return key === '__proto__' ? '["__proto__"]' : JSON.stringify(key)
}
