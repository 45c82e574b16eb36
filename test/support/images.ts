import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** An image with Node and npm on this machine, which {@link makeBaseImage} makes. */
export const BASE_IMAGE = `localhost/vite-plugin-bento-test-base:node-${process.versions.node}`

/** Stays for the machine's lifetime: making the base image takes a minute. */
const folder = join(tmpdir(), 'vite-plugin-bento-images')

/** What making images needs and this machine lacks. */
export const imagesMissing: string | undefined =
  process.platform !== 'linux' || process.getuid?.() !== 0
    ? 'root on Linux'
    : ['buildah', 'debootstrap', 'runc', 'flock'].find(program => spawnSync(program, ['--version']).error !== undefined)

/**
 * Where buildah keeps its images and how it works in these tests. This is the test's own choice of what works in a CI container, and no
 * matter of the product.
 */
function storage(): Record<string, string> {
  mkdirSync(folder, { recursive: true })
  const overlay = settings('overlay')
  const works = spawnSync('buildah', ['images'], { env: { ...process.env, ...overlay } }).status === 0
  return works ? overlay : settings('vfs')
}

function settings(driver: string): Record<string, string> {
  const conf = join(folder, `${driver}.conf`)
  const text = `[storage]\ndriver = "${driver}"\ngraphroot = "${folder}/${driver}"\nrunroot = "${folder}/${driver}-run"\n`
  writeFileSync(conf, text)
  return { CONTAINERS_STORAGE_CONF: conf, BUILDAH_ISOLATION: 'chroot' }
}

/** The environment in which builders work on the tests' images; undefined where there are none. */
export const imageEnv: Record<string, string> | undefined = imagesMissing === undefined ? storage() : undefined

/** Makes {@link BASE_IMAGE} where it is not there yet. */
export function makeBaseImage(): void {
  const node = realpathSync(process.execPath)
  const npm = spawnSync('npm', ['root', '--global', '--prefix', dirname(dirname(node))], { encoding: 'utf8' })
  const script = join(dirname(fileURLToPath(import.meta.url)), 'make-base-image.sh')
  const args = [BASE_IMAGE, folder, node, join(npm.stdout.trim(), 'npm')]
  const { status, stdout, stderr } = spawnSync(script, args, { env: { ...process.env, ...imageEnv }, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${script} ended with ${status}:\n${stdout}${stderr}`)
}

/** Runs buildah; returns what it prints. */
export function buildah(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('buildah', args, {
    env: { ...process.env, ...imageEnv },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status !== 0) throw new Error(`buildah ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return stdout.trim()
}

/**
 * Text of a `.npmrc` by which npm in an image reaches the registry as npm here does: its address, and the certificates that
 * a proxy of this network makes necessary.
 */
export function npmrcOfThisMachine(): string {
  const registry = spawnSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).stdout.trim()
  const bundle = process.env.NODE_EXTRA_CA_CERTS
  const certificates = bundle === undefined ? [] : (readFileSync(bundle, 'utf8').match(CERTIFICATE) ?? [])
  return [`registry=${registry}`, ...certificates.map(one => `ca[]="${one.replaceAll('\n', '\\n')}"`), ''].join('\n')
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g
