import type { Command } from 'commander'
import { defineDelete } from '../items/delete.js'

/** `bento delete <targets...>` */
export function define(command: Command): void {
  defineDelete(command, 'bento', 'Bento', async () => new (await import('../../store/index.js')).BentoStore())
}
