import { BentoError } from '../core/errors.js'
import { isImageReference } from '../core/image-reference.js'
import { visible } from '../core/text.js'
import { hasUnsafeCharacter } from './docker-value.js'
import { isSystemPackage } from './system-packages.js'
import type { ImageOptions } from './types.js'

/** What a project that says nothing about its image gets. */
export const DEFAULT_IMAGE: ImageOptions = {
  base: undefined,
  distro: 'debian',
  node: undefined,
  systemPackages: [],
  setupScript: undefined,
  commands: [],
  postCommands: [],
  template: undefined,
}

/** What is wrong with a part of the option. */
export interface ImageProblem {
  /** `image.commands[0]` */
  name: string
  /** What follows the name. */
  why: string
}

/**
 * What of the option `image` could not stand in a Dockerfile, ours or the one that BentoML makes of the manifest, whose template
 * quotes neither the base image nor commands.
 */
export function imageProblems(image: ImageOptions): ImageProblem[] {
  const { base, node, systemPackages } = image
  const problems: ImageProblem[] = []
  const wrong = (name: string, why: string) => problems.push({ name: `image.${name}`, why })
  if (base !== undefined && !isImageReference(base)) wrong('base', `is not the name of an image: ${show(base)}`)
  if (node !== undefined && !/^\d+(?:\.\d+){0,2}$/.test(node))
    wrong('node', `is not a version like "22.12": ${show(node)}`)
  for (const name of systemPackages) {
    if (!isSystemPackage(name)) wrong('systemPackages', `holds ${show(name)}, which is not the name of a package`)
  }
  for (const option of ['commands', 'postCommands'] as const) {
    for (const [index, command] of image[option].entries()) {
      const why = commandProblem(command)
      if (why !== undefined) wrong(`${option}[${index}]`, why)
    }
  }
  return problems
}

/** A command is the author's own and may do what it likes, but stays on its line. */
function commandProblem(command: string): string | undefined {
  if (command.trim() === '') return 'is empty'
  if (hasUnsafeCharacter(command)) return 'holds a line break or another control character'
  if (/\\\s*$/.test(command)) return 'ends in a backslash, which would join it with what follows'
  // A word that Docker takes for the begin of a here-document (`parser.go`), whose text would be the lines that follow.
  if (/(?:^|\s)\d*<<-?[^\s<]/.test(command)) return 'begins a here-document, which one line cannot hold'
  return undefined
}

/** @throws `OPTION_INVALID` with all that {@link imageProblems} finds */
export function checkImage(image: ImageOptions): void {
  const problems = imageProblems(image).map(({ name, why }) => `${name} ${why}`)
  if (problems.length === 0) return
  throw new BentoError('OPTION_INVALID', `The option "image" is wrong: ${problems.join('; ')}.`, {
    details: { problems },
  })
}

function show(text: string): string {
  return JSON.stringify(visible(text))
}
