import type { Command } from 'commander'
import { defineDelete } from '../items/delete.js'

/** `bento models delete <targets...>` */
export function define(command: Command): void {
  defineDelete(command, 'model', 'Model', async () => new (await import('../../store/index.js')).ModelStore())
}
