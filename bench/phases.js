// Loaded into a `bento build` by --import: prints, on stderr, how long each of its phases took, as one line of JSON.
import { PerformanceObserver } from 'node:perf_hooks'

const PREFIX = 'vite-plugin-bento:'
const entries = []
const observer = new PerformanceObserver(list => entries.push(...list.getEntries()))
observer.observe({ entryTypes: ['measure'] })

process.once('exit', () => {
  entries.push(...observer.takeRecords())
  const ours = entries.filter(({ name }) => name.startsWith(PREFIX))
  const took = name => ours.find(entry => entry.name === PREFIX + name)?.duration ?? 0
  const packaging = ['lock', 'assemble', 'publish'].map(name => [name, took(name)])
  const phases = {
    start: Math.min(...ours.map(({ startTime }) => startTime)),
    'load vite': took('vite'),
    config: took('config'),
    bundle: took('app') - packaging.reduce((sum, [, time]) => sum + time, 0),
    ...Object.fromEntries(packaging),
  }
  const known = Object.values(phases).reduce((sum, time) => sum + time, 0)
  process.stderr.write(`${JSON.stringify({ ...phases, end: performance.now() - known })}\n`)
})
