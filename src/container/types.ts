import type { Environment } from '../serve/environment.js'

/** Programs that make images, by BentoML's names for them. `buildx` is Docker's plugin. */
export const BACKENDS = ['docker', 'buildx', 'podman', 'buildah', 'nerdctl'] as const

/** A program that makes images. */
export type Backend = (typeof BACKENDS)[number]

/** A further option of the builder: `true` for one without a value, a list for one that is given several times. */
export type BuilderValue = string | boolean | readonly string[]

/** What to make an image of, and how. */
export interface ContainerizeOptions {
  /** A bento of the store: `iris`, `iris:latest`, `iris:v2`, the unique beginning of a version. */
  bento: string
  /** Store home. @default BENTOML_HOME, else ~/bentoml */
  home?: string
  /** @default what BENTOML_CONTAINERIZE_BACKEND says, else the first of docker, podman, buildah and nerdctl on the PATH */
  backend?: Backend
  /** Names of the image: `registry.example/vision/iris:v2`. @default the bento's tag */
  tags?: readonly string[]
  /** Platforms of the image, `linux/arm64`: checked against the bento's lock, then handed to the builder. @default this machine's */
  platforms?: readonly string[]
  /** Whether the image is pushed to the registry in its name. @default false */
  push?: boolean
  /**
   * Further options of the builder, by their long names.
   *
   * @example { 'build-arg': ['HTTPS_PROXY=http://proxy:3128'], 'no-cache': true, secret: 'id=npmrc,src=/home/ann/.npmrc' }
   * @default {}
   */
  options?: Readonly<Record<string, BuilderValue>>
  /** Whether the builder is run through `sudo`. @default false */
  runAsRoot?: boolean
  /** Environment of the builder, in which values of the bento's build-stage `envs` are looked up. @default process.env */
  env?: Environment
  /** Ends the builder and removes what was staged. */
  signal?: AbortSignal
  /** Told of each command that is about to run, as its words. */
  onCommand?: (words: readonly string[]) => void
  /** Told what the builder prints, a line each time, as it is: make it safe before a terminal sees it. */
  onLine?: (line: string) => void
}

/** An image that was made. */
export interface Containerized {
  /** Tag of the bento. */
  bento: string
  backend: Backend
  /** Names of the image. */
  tags: readonly string[]
}
