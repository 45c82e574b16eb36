import { BentoError } from '../core/errors.js'
import { nearNames, visible } from '../core/text.js'
import { hasUnsafeCharacter } from './docker-value.js'

/** The blocks of a Dockerfile, in their order; `before-packages` is empty unless a template fills it. */
export const DOCKER_BLOCKS = [
  'base',
  'setup',
  'before-packages',
  'packages',
  'after-packages',
  'models',
  'code',
  'end',
] as const

export type DockerBlock = (typeof DOCKER_BLOCKS)[number]

/** A user's own text for some blocks, in which the line {@link DEFAULT} stands for ours. */
export type Template = ReadonlyMap<DockerBlock, string>

const MARK = /^#\s*bento:block\s+(\S+)\s*$/
const DEFAULT = /^#\s*bento:default\s*$/

/**
 * Reads a Dockerfile template: plain text in sections, each begun by `# bento:block <name>`, that takes the place of our
 * block of that name. Nothing in it is evaluated here: BentoML's templates ran code on the machine that built
 * (CVE-2026-35044).
 *
 * @param where names the file in messages
 * @throws `OPTION_INVALID` with all problems
 */
export function parseTemplate(text: string, where: string): Template {
  const blocks = new Map<DockerBlock, string[]>()
  const problems: string[] = []
  let current: string[] | undefined
  for (const [index, line] of text.replaceAll('\r\n', '\n').split('\n').entries()) {
    const problem = (what: string) => problems.push(`line ${index + 1} ${what}`)
    const name = MARK.exec(line)?.[1]
    if (hasUnsafeCharacter(line.replaceAll('\t', ' '))) problem('holds a control character')
    if (/^#\s*escape\s*=/i.test(line)) problem('sets another escape character, which our own blocks do not use')
    if (name === undefined) {
      if (current === undefined && !/^\s*(?:#.*)?$/.test(line))
        problem('stands before the first "# bento:block <name>"')
      current?.push(line)
      continue
    }
    current = []
    if (!isBlock(name)) problem(`begins the block "${visible(name)}": ${known(name)}`)
    else if (blocks.has(name)) problem(`begins the block ${name} a second time`)
    else blocks.set(name, current)
  }
  for (const [name, lines] of blocks) {
    if (/\\\s*$/.test(lines.join('\n'))) problems.push(`the block ${name} ends in a backslash`)
  }
  if (blocks.size === 0 && problems.length === 0) problems.push('it has no "# bento:block <name>"')
  if (problems.length > 0) {
    throw new BentoError('OPTION_INVALID', `The template ${where} is wrong: ${problems.join('; ')}.`, {
      details: { problems },
    })
  }
  return new Map([...blocks].map(([name, lines]) => [name, lines.join('\n').trim()]))
}

/** Puts the blocks together, a template's in place of ours. Each begins with its mark, so that the whole is a template too. */
export function fillTemplate(defaults: Record<DockerBlock, string>, template: Template = new Map()): string {
  return DOCKER_BLOCKS.map(name => ({ name, text: blockText(defaults[name], template.get(name)) }))
    .filter(({ text }) => text !== '')
    .map(({ name, text }) => `# bento:block ${name}\n${text}\n`)
    .join('\n')
}

function blockText(ours: string, own: string | undefined): string {
  if (own === undefined) return ours
  const lines = own.split('\n').map(line => (DEFAULT.test(line) ? ours : line))
  return lines.join('\n').trim()
}

function known(name: string): string {
  const [near] = nearNames(name, DOCKER_BLOCKS)
  return near === undefined ? `there are ${DOCKER_BLOCKS.join(', ')}` : `did you mean ${near}?`
}

function isBlock(name: string): name is DockerBlock {
  return (DOCKER_BLOCKS as readonly string[]).includes(name)
}
