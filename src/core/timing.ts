/**
 * Runs a phase of a build and leaves a `performance.measure` of it, `vite-plugin-bento:<name>`: profilers show it, and
 * the benchmarks add them up.
 */
export async function timed<T>(name: string, phase: () => Promise<T>): Promise<T> {
  const start = performance.now()
  try {
    return await phase()
  } finally {
    performance.measure(`vite-plugin-bento:${name}`, { start })
  }
}
