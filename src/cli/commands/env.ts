import type { Command } from 'commander'
import { visible } from '../../core/text.js'
import { collectEnvironment, type EnvironmentReport } from '../environment.js'
import { print } from '../output.js'

const FORMATS = ['md', 'bash'] as const

/** `bento env [-o md|bash]` */
export function define(command: Command): void {
  command
    .addOption(
      command
        .createOption('-o, --output <format>', 'Markdown for an issue, or assignments for a shell')
        .choices(FORMATS)
        .default('md'),
    )
    .action(async (options: { output: (typeof FORMATS)[number] }) => {
      const report = await collectEnvironment(process.cwd(), process.env)
      print(options.output === 'md' ? asMarkdown(report) : asShell(report))
    })
}

function asMarkdown({ variables, facts }: EnvironmentReport): string {
  return [
    '#### Environment variables',
    '',
    '```bash',
    ...variables.map(assignment),
    '```',
    '',
    '#### System information',
    '',
    ...facts.map(([name, value]) => `- \`${name}\`: ${visible(value)}`),
    '',
  ].join('\n')
}

function asShell({ variables, facts }: EnvironmentReport): string {
  return [...variables, ...facts].map(pair => `${assignment(pair)}\n`).join('')
}

/** For a shell: a single quote ends the text, stands escaped, and begins it again. */
function assignment([name, value]: readonly [string, string]): string {
  return `${name.replace(/\W/g, '_')}='${visible(value).replaceAll("'", `'\\''`)}'`
}
