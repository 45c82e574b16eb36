/**
 * Loads what Vite's servers need of the runtime, as one file that brings its packages along: nothing of it is loaded where
 * nothing is served.
 */
export async function loadRuntime(): Promise<typeof import('../runtime/mount.js')> {
  // Reached the same way from `src/plugin`, `dist/plugin` and `dist/chunks`.
  return import(new URL('../../dist/runtime/mount.js', import.meta.url).href)
}
