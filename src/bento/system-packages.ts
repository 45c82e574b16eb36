import type { ImageOptions } from './types.js'

/**
 * Names that apt-get and apk take, with a version behind where one is wanted: `ffmpeg`, `libc6:arm64`, `curl=7.88.1-10`,
 * `curl~8`. Nothing that a shell or an option parser would see as anything else: BentoML pasted what it was given
 * (CVE-2026-33744, CVE-2026-35043).
 */
const SYSTEM_PACKAGE = /^[a-z0-9][a-z0-9.+_-]*(?::[a-z0-9]+)?(?:(?:=|~|~=)[a-z0-9][a-z0-9.+:~_-]*)?$/i

/** Whether `name` can be the name of a package of a distribution. */
export function isSystemPackage(name: string): boolean {
  return SYSTEM_PACKAGE.test(name)
}

/** Shell command that installs an image's system packages; with a base image of the user's own, by what that has. */
export function systemPackagesCommand({ base, distro, systemPackages }: ImageOptions): string {
  const names = systemPackages.join(' ')
  const apt = `apt-get update && apt-get install -y --no-install-recommends ${names} && rm -rf /var/lib/apt/lists/*`
  const apk = `apk add --no-cache ${names}`
  if (base === undefined) return distro === 'alpine' ? apk : apt
  return `if command -v apk >/dev/null; then ${apk}; else ${apt}; fi`
}
