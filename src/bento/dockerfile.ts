import { type DockerBlock, fillTemplate, type Template } from './docker-template.js'
import { dockerCommand, dockerValue } from './docker-value.js'
import { healthCommand } from './health-check.js'
import { installCommand, type Place } from './install-command.js'
import {
  DOCKERFILE,
  ENTRYPOINT,
  IMAGE_BENTO,
  IMAGE_HOME,
  MANIFEST,
  PACKAGE_JSON,
  PACKAGE_LOCK,
  SETUP_SCRIPT,
  SOURCE,
} from './layout.js'
import { runStep } from './run-step.js'
import { systemPackagesCommand } from './system-packages.js'
import type { BentoEnv, ImageOptions, ServiceMode } from './types.js'

/** BentoML's id of the user (`container/generate.py`), so that whoever knows one image knows the other. */
const USER_ID = 1034

/** What an image is made from. */
export interface ImagePlan {
  /** For example `node:24-bookworm-slim`. */
  baseImage: string
  image: ImageOptions
  template: Template | undefined
  mode: ServiceMode
  envs: readonly BentoEnv[]
  /** Files and folders below `src/` that the lock points at. */
  installInputs: readonly Place[]
  /** Places of packages whose install scripts the project allows: `node_modules/esbuild`. */
  allowedScripts: readonly string[]
  hasPatches: boolean
  needsPackages: boolean
  needsModels: boolean
}

/**
 * Text of `env/docker/Dockerfile`. Build it in the bento's folder; where the bento uses models, in one that has them in
 * `models/`, since the store keeps models apart. What changes least comes first: packages, then models, then code. Install
 * scripts run only where the project allows them, whatever the image's npm would do by itself.
 *
 * No `# syntax=` line: what is used here is in every builder of the last years, and the line would have BuildKit fetch a
 * frontend, which it can't where there is no network.
 *
 * @throws `OPTION_INVALID` when an env can't be written on one line.
 */
export function dockerfileText(plan: ImagePlan): string {
  return fillTemplate(defaultBlocks(plan), plan.template)
}

function defaultBlocks(plan: ImagePlan): Record<DockerBlock, string> {
  const { image, envs } = plan
  // A variable without a value only says that one is needed.
  const set = envs.filter(({ value }) => value !== '')
  const secrets = envs.filter(({ stage }) => stage === 'build').map(({ name }) => name)
  return {
    base: steps(
      `FROM ${plan.baseImage}`,
      'USER root',
      `ENV NODE_ENV=production \\\n    BENTO_PATH=${IMAGE_BENTO} \\\n    BENTOML_HOME=${IMAGE_HOME}`,
      `RUN ${userCommand()}`,
      ...set.filter(({ stage }) => stage === 'all').map(env => envStep('ENV', env)),
      ...set.filter(({ stage }) => stage === 'build').map(env => envStep('ARG', env)),
      `WORKDIR ${IMAGE_BENTO}`,
    ),
    setup: steps(
      ...(image.systemPackages.length > 0 ? [`RUN ${systemPackagesCommand(image)}`] : []),
      ...(image.setupScript === undefined
        ? []
        : [
            `COPY ${SETUP_SCRIPT} ./${SETUP_SCRIPT}`,
            runStep(`chmod +x ./${SETUP_SCRIPT} && ./${SETUP_SCRIPT}`, { secrets }),
          ]),
      ...image.commands.map(command => runStep(command, { secrets })),
    ),
    'before-packages': '',
    packages: plan.needsPackages ? packageSteps(plan, secrets) : '',
    'after-packages': steps(...image.postCommands.map(command => runStep(command, { secrets }))),
    models: plan.needsModels ? 'COPY models/ ./models/' : '',
    code: `COPY ${MANIFEST} ./\nCOPY ${dirOf(DOCKERFILE)}/ ./${dirOf(DOCKERFILE)}/\nCOPY ${SOURCE}/ ./${SOURCE}/`,
    end: steps(
      ...set.filter(({ stage }) => stage === 'runtime').map(env => envStep('ENV', env)),
      // By number, which Kubernetes can tell from root.
      `USER ${USER_ID}:${USER_ID}`,
      'EXPOSE 3000',
      'STOPSIGNAL SIGTERM',
      `HEALTHCHECK --interval=30s --timeout=5s --start-period=2m CMD ${dockerCommand(healthCommand(plan.mode), 'HEALTHCHECK')}`,
      `ENTRYPOINT ${dockerCommand(['/bin/sh', `${IMAGE_BENTO}/${ENTRYPOINT}`], ENTRYPOINT)}`,
    ),
  }
}

/** Open to every user, since a cluster may choose another; the base may have the user from an image of BentoML's. */
function userCommand(): string {
  const debian = `groupadd --gid ${USER_ID} bentoml && useradd --uid ${USER_ID} --gid ${USER_ID} --home-dir ${IMAGE_HOME} --create-home bentoml`
  const alpine = `addgroup -g ${USER_ID} bentoml && adduser -u ${USER_ID} -G bentoml -h ${IMAGE_HOME} -D bentoml`
  return [
    'if id bentoml >/dev/null 2>&1; then :; \\',
    `    elif command -v useradd >/dev/null; then ${debian}; \\`,
    `    else ${alpine}; fi \\`,
    ` && mkdir -p ${IMAGE_BENTO} && chmod 755 ${IMAGE_HOME} ${IMAGE_BENTO}`,
  ].join('\n')
}

function envStep(word: 'ARG' | 'ENV', { name, value }: BentoEnv): string {
  return `${word} ${name}=${dockerValue(value, `envs.${name}`)}`
}

function packageSteps(plan: ImagePlan, secrets: readonly string[]): string {
  const manifests = [PACKAGE_JSON, PACKAGE_LOCK].map(name => `${SOURCE}/${name}`)
  const inputs = plan.installInputs.map(({ path, folder }) => {
    const slash = folder ? '/' : ''
    return `COPY ${dockerCommand([`${SOURCE}/${path}${slash}`, `./${path}${slash}`], path)}`
  })
  return steps(
    `WORKDIR ${IMAGE_BENTO}/${SOURCE}`,
    [`COPY ${manifests.join(' ')} ./`, ...inputs].join('\n'),
    runStep(installCommand('.', plan.allowedScripts, plan.hasPatches), { secrets, npm: true }),
    `WORKDIR ${IMAGE_BENTO}`,
  )
}

function steps(...parts: string[]): string {
  return parts.join('\n\n')
}

function dirOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}
