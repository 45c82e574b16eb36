/**
 * Where the built file of a worker thread lies. It lies in `dist` whoever asks: this module in `src/archive` (tests), or
 * a bundle in `dist/chunks`, `dist/cli` or `dist/archive`, all of them one folder below the package.
 *
 * @param name of `src/archive/<name>-worker.ts`, which `scripts/build-faces.js` bundles
 */
export function workerFile(name: string): URL {
  return new URL(`../../dist/archive/${name}-worker.js`, import.meta.url)
}
