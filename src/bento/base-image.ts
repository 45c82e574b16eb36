import satisfies from 'semver/functions/satisfies.js'
import minVersion from 'semver/ranges/min-version.js'

/** Even majors of Node that get long-term support, the one to prefer first. */
const LONG_TERM_MAJORS = [24, 22, 20, 26, 28]

/**
 * The official Node image for an `engines.node` range: the newest release of a long-term major that satisfies it, else
 * the lowest version that does. It depends on the range alone, never on the Node that builds: the image is content.
 * Debian's glibc rather than Alpine's musl, since native packages (onnxruntime-node, sharp) are built for it.
 */
export function nodeImage(range: string): string {
  const major = LONG_TERM_MAJORS.find(candidate => satisfies(`${candidate}.999.0`, range))
  const version = major ?? minVersion(range)?.version ?? LONG_TERM_MAJORS[0]
  return `node:${version}-bookworm-slim`
}
