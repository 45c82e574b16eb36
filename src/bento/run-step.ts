/** What a `RUN` gets beside its command. */
interface RunOptions {
  /** Names of variables that the builder may give as secrets: see {@link runStep}. */
  secrets: readonly string[]
  /** Whether npm runs: it gets its cache, and the user's `.npmrc` where the builder gives that as the secret `npmrc`. */
  npm?: boolean
}

/** Outside of the image: neither the cache nor what may hold a token of a registry ends in a layer. */
const NPM_MOUNTS = ['--mount=type=cache,target=/root/.npm', '--mount=type=secret,id=npmrc,target=/root/.npmrc'] as const

/**
 * A `RUN` of a shell command. A variable of stage `build` has the manifest's value as an `ARG`; a builder that is given a secret of its
 * name has that instead, and keeps it in no layer. A secret that is not given is not there, which is no error.
 */
export function runStep(command: string, { secrets, npm = false }: RunOptions): string {
  // The user's own flags of RUN stand before all else.
  const [, flags = '', rest = ''] = /^((?:--[a-z]+=\S+\s+)*)(.*)$/s.exec(command) ?? []
  const mounts = [...(npm ? NPM_MOUNTS : []), ...secrets.map(name => `--mount=type=secret,id=${name}`)]
  const exports = secrets.map(
    name => `if [ -f /run/secrets/${name} ]; then export ${name}="$(cat /run/secrets/${name})"; fi;`,
  )
  return `RUN ${[...mounts.map(mount => `${mount} `), flags, ...exports.map(one => `${one} `), rest].filter(part => part !== '').join('\\\n    ')}`
}
