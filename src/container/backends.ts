import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { BentoError } from '../core/errors.js'
import { visible } from '../core/text.js'
import { type Environment, findName } from '../serve/environment.js'
import { BACKENDS, type Backend } from './types.js'

/** How a backend is run. */
export interface Builder {
  name: Backend
  /** Absolute path of its program. */
  program: string
  /** The words that make its program build. */
  build: readonly string[]
  /** Whether its build takes `--push`; else the image is pushed by a command of its own. */
  pushesItself: boolean
  /** Variables it gets where the caller has not set them. */
  env: Environment
}

type Known = Omit<Builder, 'name' | 'program'> & { file: string; home: string }

const DOCKER = { file: 'docker', home: 'https://docs.docker.com/get-docker/', pushesItself: true }
const PLAIN = { build: ['build'], pushesItself: false }
/** OCI's own format has no health check. */
const FORMAT = { BUILDAH_FORMAT: 'docker' }

const KNOWN: Record<Backend, Known> = {
  docker: { ...DOCKER, build: ['build'], env: { DOCKER_BUILDKIT: '1', DOCKER_SCAN_SUGGEST: 'false' } },
  buildx: { ...DOCKER, build: ['buildx', 'build'], env: {} },
  podman: { ...PLAIN, env: FORMAT, file: 'podman', home: 'https://podman.io/docs/installation' },
  buildah: {
    ...PLAIN,
    env: FORMAT,
    file: 'buildah',
    home: 'https://github.com/containers/buildah/blob/main/install.md',
  },
  nerdctl: { ...PLAIN, env: {}, file: 'nerdctl', home: 'https://github.com/containerd/nerdctl' },
}
/** BentoML's variable for the backend. */
const VARIABLE = 'BENTOML_CONTAINERIZE_BACKEND'

/**
 * Finds the program to build with: the one that is asked for, else the one that {@link VARIABLE} names, else the first
 * on the PATH.
 *
 * @throws `CONTAINERIZE_FAILED` when it is not there, naming what to install; `OPTION_INVALID` for an unknown name
 */
export function findBuilder(asked: string | undefined, env: Environment): Builder {
  const name = asked ?? (env[VARIABLE] || undefined)
  if (name === undefined) return firstBuilder(env)
  if (!isBackend(name)) {
    const where = asked === undefined ? VARIABLE : 'The backend'
    throw new BentoError('OPTION_INVALID', `${where} is ${JSON.stringify(visible(name))}.`, {
      hint: `Use one of ${BACKENDS.join(', ')}.`,
    })
  }
  const { file, home } = KNOWN[name]
  const program = onPath(file, env)
  if (program !== undefined) return builder(name, program)
  throw new BentoError('CONTAINERIZE_FAILED', `The backend ${name} needs ${file}, which is not on the PATH.`, {
    hint: `Install it (${home}), or choose another with --backend or ${VARIABLE}: ${BACKENDS.join(', ')}.`,
  })
}

function firstBuilder(env: Environment): Builder {
  for (const name of BACKENDS) {
    const program = onPath(KNOWN[name].file, env)
    if (program !== undefined) return builder(name, program)
  }
  throw new BentoError('CONTAINERIZE_FAILED', 'There is no program on the PATH that makes images.', {
    hint: `Install one of docker, podman, buildah and nerdctl, such as ${KNOWN.docker.home}.`,
  })
}

function builder(name: Backend, program: string): Builder {
  const { build, pushesItself, env } = KNOWN[name]
  return { name, program, build, pushesItself, env }
}

function isBackend(name: string): name is Backend {
  return (BACKENDS as readonly string[]).includes(name)
}

function onPath(file: string, env: Environment): string | undefined {
  const folders = (env[findName(env, 'PATH') ?? 'PATH'] ?? '').split(delimiter).filter(folder => folder !== '')
  const name = process.platform === 'win32' ? `${file}.exe` : file
  return folders.map(folder => join(folder, name)).find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
