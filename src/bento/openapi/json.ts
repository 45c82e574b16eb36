/** What JSON can hold. */
export type Json = null | boolean | number | string | Json[] | JsonMap

/** A JSON object. */
export interface JsonMap {
  [key: string]: Json
}

/** Whether a value is a JSON object. */
export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The maps of a list; whatever else is in it, or a value that is no list, counts for nothing. */
export function mapsIn(value: unknown): JsonMap[] {
  return Array.isArray(value) ? value.filter(isMap) : []
}
