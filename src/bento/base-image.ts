import satisfies from 'semver/functions/satisfies.js'
import minVersion from 'semver/ranges/min-version.js'
import validRange from 'semver/ranges/valid.js'
import type { ImageOptions } from './types.js'

/** Even majors of Node that get long-term support, the one to prefer first. */
const LONG_TERM_MAJORS = [26, 24, 22, 20, 28]

/**
 * The image to begin with: the user's own, else the official Node image of the distribution, in the version that is
 * asked for or that {@link nodeVersion} finds for the project's `engines.node`.
 *
 * Debian's glibc rather than Alpine's musl by default, since native packages (onnxruntime-node, sharp) are built for it.
 */
export function baseImage({ base, distro, node }: ImageOptions, range: string): string {
  return base ?? `node:${node ?? nodeVersion(range)}-${distro === 'alpine' ? 'alpine' : 'bookworm-slim'}`
}

/**
 * The newest long-term major that satisfies the range, else the lowest version that does. It depends on the range alone, never on the Node
 * that builds: the image is content.
 */
function nodeVersion(range: string): string {
  if (validRange(range) === null) return nodeVersion('*')
  const major = LONG_TERM_MAJORS.find(candidate => satisfies(`${candidate}.999.0`, range))
  return String(major ?? minVersion(range)?.version ?? LONG_TERM_MAJORS[0])
}
