/** What a service imports: `virtual:bento/model/<request>`. */
export const MODEL_PREFIX = 'virtual:bento/model/'
export const MODEL_IMPORT = /^virtual:bento\/model\//

/** The function that finds models at run time; imported by the modules of models alone. */
export const RUNTIME_IMPORT = 'virtual:bento/runtime'
export const RUNTIME_ID = `\0${RUNTIME_IMPORT}.js`

const RESOLVED_PREFIX = `\0${MODEL_PREFIX}`
/** Matches the ids that {@link modelId} makes; bundlers filter by it before they call the hook. */
export const RESOLVED_MODEL = /^\0virtual:bento\/model\//

/**
 * The module id of a request. It must hold no `:`, `?` or `.` of the request's own: bundlers make file names of
 * dynamically imported ids (`a:v2` breaks on Windows), and Vite would take `labels.json` for JSON and let
 * `style.css` vanish. So everything is encoded, and the id ends in `.js`.
 */
export function modelId(request: string): string {
  return `${RESOLVED_PREFIX}${encodeURIComponent(request).replaceAll('.', '%2E')}.js`
}

/** The request of a module id that {@link modelId} made; undefined for any other id. */
export function requestOf(id: string): string | undefined {
  if (!id.startsWith(RESOLVED_PREFIX) || !id.endsWith('.js')) return undefined
  return decodeURIComponent(id.slice(RESOLVED_PREFIX.length, -'.js'.length))
}
