import { compareText } from '../core/tag.js'
import { formatSize } from '../core/text.js'
import type { BentoEnv, ModelPin } from './types.js'

/** What the README tells. */
export interface ReadmeFacts {
  name: string
  /** The author's own words, Markdown. */
  description: string | undefined
  pins: readonly ModelPin[]
  /** Direct dependencies, name to version. */
  packages: Readonly<Record<string, string>>
  envs: readonly BentoEnv[]
  /** Range of Node versions. */
  node: string
}

/**
 * Text of `README.md`: what the bento is, what it holds and how to run it. The author's description comes first, as it
 * is. The version is never in it, since the version is made of it.
 */
export function readmeText(facts: ReadmeFacts): string {
  const { name, pins, packages, envs } = facts
  const parts = [
    facts.description?.trim() || `# ${name}\n\nA machine-learning service for Node.js, packaged as a bento.`,
    ...(pins.length === 0 ? [] : [`## Models\n\n${table(['model', 'size', 'digest'], pins.map(modelRow))}`]),
    ...(Object.keys(packages).length === 0
      ? []
      : [`## Packages\n\n${table(['package', 'version'], packageRows(packages))}`]),
    // Names only: a value may be nobody's business but the author's.
    ...(envs.length === 0
      ? []
      : [
          `## Environment\n\n${table(
            ['variable', 'stage'],
            envs.map(env => [code(env.name), env.stage]),
          )}`,
        ]),
    howToRun(name, facts.node),
  ]
  return `${parts.join('\n\n')}\n`
}

function howToRun(name: string, node: string): string {
  return `## Run

With Node ${code(node)} and the \`bento\` command of vite-plugin-bento:

\`\`\`sh
bento serve ${name}:latest --port 3000
\`\`\`

By hand, in a copy of \`src/\`: \`npm ci && PORT=3000 node server.js\`. \`sha256sum -c SHA256SUMS\` checks every file.`
}

function modelRow(pin: ModelPin): string[] {
  return [code(pin.tag.toString()), formatSize(pin.size), code(pin.digest)]
}

function packageRows(packages: Readonly<Record<string, string>>): string[][] {
  return Object.entries(packages)
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, version]) => [code(name), code(version)])
}

function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n')
}

/** A pipe would end the cell, a backtick the code. */
function code(text: string): string {
  return `\`${text.replaceAll('`', "'").replaceAll('|', '\\|')}\``
}
