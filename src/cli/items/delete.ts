import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { type FullTag, fullTag, Tag } from '../../core/tag.js'
import { print } from '../output.js'
import { SilentExit, usageError } from '../problem.js'

/** The part of a store that deleting needs. */
export interface Deletable {
  readonly root: string
  list(name: string): Promise<{ tag: FullTag }[]>
  get(tag: Tag): Promise<{ tag: FullTag }>
  /** Never by the beginning of a version. */
  delete(tag: FullTag): Promise<unknown>
}

interface DeleteOptions {
  yes?: boolean
  assumeYes?: boolean
  quiet?: boolean
}

/**
 * Makes `command` one that deletes items: `<targets...> [-y]`. A bare name means all its versions; the beginning of a version
 * means nothing. What goes wrong with one target does not keep the others: all problems are reported at the end.
 *
 * @param className how BentoML prints an item: `Model(tag="…")`.
 * @param open opens the store; called when the command runs.
 */
export function defineDelete(
  command: Command,
  word: 'model' | 'bento',
  className: 'Model' | 'Bento',
  open: () => Promise<Deletable>,
): void {
  command
    .argument(
      '<targets...>',
      `the ${word}s, separated by spaces or commas: name:version, or a name for all its versions`,
    )
    .option('-y, --yes', 'do not ask')
    .option('--assume-yes', 'the same as --yes')
    .action(async (targets: string[], options: DeleteOptions) => {
      const sure = options.yes || options.assumeYes
      const wanted = splitTargets(targets)
      if (wanted.length === 0) throw usageError('No target is given.', `Name the ${word}s to delete.`)
      if (!sure && !process.stdin.isTTY) {
        throw usageError(
          `Cannot ask whether to delete ${wanted.join(', ')}: there is no terminal.`,
          'Add --yes to delete.',
        )
      }
      const store = await open()
      const problems: unknown[] = []
      const keep = (error: unknown): FullTag[] => {
        problems.push(error)
        // Ctrl-C at a question ends it all.
        if (error instanceof SilentExit) throw new AggregateError(problems)
        return []
      }
      const remove = async (tag: FullTag) => {
        // What is not there need not be asked about: deleting it says so.
        const there = existsSync(join(store.root, tag.name, tag.version))
        if (!sure && there && !(await agreed(`delete ${word} ${tag}?`))) return
        await store.delete(tag)
        if (!options.quiet) print(`${className}(tag="${tag}") deleted.\n`)
      }
      for (const target of wanted) {
        for (const tag of await tagsOf(target, store).catch(keep)) await remove(tag).catch(keep)
      }
      if (problems.length > 0) throw new AggregateError(problems)
    })
}

/** What a target means: one tag, the latest, or every version of a name. */
async function tagsOf(target: string, store: Deletable): Promise<FullTag[]> {
  const tag = Tag.parse(target)
  // Oldest first: so `latest` moves once, not with every version.
  if (tag.version === undefined) return (await store.list(tag.name)).map(item => item.tag).reverse()
  if (tag.version === 'latest') return [(await store.get(tag)).tag]
  return [fullTag(tag.name, tag.version)]
}

function splitTargets(targets: readonly string[]): string[] {
  return [...new Set(targets.flatMap(target => target.split(/[\s,]+/)).filter(target => target !== ''))]
}

async function agreed(question: string): Promise<boolean> {
  const { confirm } = await import('../confirm.js')
  return confirm(question)
}
