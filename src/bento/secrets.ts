/**
 * Names that hold secrets on developers' machines. No bento carries them, whatever emitted or listed them.
 */
const SECRET_NAMES: readonly RegExp[] = [
  /^\.env(?:\..+)?$/,
  /^\.npmrc$/,
  /^\.yarnrc.*$/,
  /^[._]netrc$/,
  /^\.pypirc$/,
  /^\.pgpass$/,
  /^\.git-credentials$/,
  /^id_(?:rsa|dsa|ecdsa|ed25519)/,
  /\.(?:pem|key|p12|pfx|jks|keystore|kdbx)$/,
  /service-account.*\.json$/,
  /^credentials.*\.json$/,
  /\.tfstate(?:\..+)?$/,
]

/** Folders of tools that keep secrets. */
const SECRET_FOLDERS = new Set([
  '.git',
  '.hg',
  '.svn',
  '.ssh',
  '.aws',
  '.azure',
  '.gnupg',
  '.kube',
  '.docker',
  '.terraform',
])

/** Templates that are meant to be shared. */
const HARMLESS = /^\.env\.(?:example|sample|template)$/

/** Whether a POSIX path is one that usually holds secrets, and so is never copied into a bento. */
export function isSecretPath(path: string): boolean {
  const parts = path.toLowerCase().split('/')
  const name = parts.pop() ?? ''
  if (parts.some((part, index) => SECRET_FOLDERS.has(part) || (part === '.config' && parts[index + 1] === 'gcloud'))) {
    return true
  }
  return !HARMLESS.test(name) && SECRET_NAMES.some(pattern => pattern.test(name))
}

/** Exact shapes of tokens; each is rare enough in code that a match is worth a warning. */
const TOKENS: readonly { what: string; shape: RegExp }[] = [
  { what: 'an npm token', shape: /\bnpm_[A-Za-z0-9]{36}\b/ },
  { what: 'a GitHub token', shape: /\bgh[pousr]_[A-Za-z0-9]{36}\b/ },
  { what: 'an AWS access key', shape: /\bAKIA[0-9A-Z]{16}\b/ },
  { what: 'a private key', shape: /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*[A-Za-z0-9+/]{32}/ },
]

/** What kind of secret a text seems to hold, as a phrase such as "an npm token"; undefined when none shows. */
export function tokenIn(text: string): string | undefined {
  return TOKENS.find(({ shape }) => shape.test(text))?.what
}
