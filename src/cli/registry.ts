import type { Command } from 'commander'

/** Adds arguments, options and the action to a command that so far has a name only. */
export type DefineCommand = (command: Command) => void

/** What is known of a command before its file is loaded: enough for the help of its group. */
export interface CommandEntry {
  name: string
  alias?: string
  summary: string
  /** Loads the command's file. Absent in a group. */
  load?: () => Promise<{ define: DefineCommand }>
  /** The commands of a group. */
  commands?: readonly CommandEntry[]
}

/** Every command. A file of `commands/` is loaded only when its command runs or shows its help. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: 'build', summary: 'build a project and publish its bento', load: () => import('./commands/build.js') },
  { name: 'list', summary: 'list the bentos of the store', load: () => import('./commands/bentos-list.js') },
  { name: 'get', summary: "print a bento's manifest", load: () => import('./commands/bentos-get.js') },
  { name: 'delete', summary: 'delete bentos', load: () => import('./commands/bentos-delete.js') },
  { name: 'export', summary: 'write a bento to an archive', load: () => import('./commands/bentos-export.js') },
  { name: 'import', summary: 'save a bento from an archive', load: () => import('./commands/bentos-import.js') },
  {
    name: 'containerize',
    summary: 'make a container image of a bento',
    load: () => import('./commands/containerize.js'),
  },
  {
    name: 'serve',
    alias: 'serve-http',
    summary: 'run a bento as an HTTP server',
    load: () => import('./commands/serve.js'),
  },
  {
    name: 'models',
    summary: 'manage the models of the store',
    commands: [
      {
        name: 'create',
        summary: 'save files or folders as a model',
        load: () => import('./commands/models-create.js'),
      },
      { name: 'list', summary: 'list the models of the store', load: () => import('./commands/models-list.js') },
      { name: 'get', summary: "print a model's manifest", load: () => import('./commands/models-get.js') },
      { name: 'delete', summary: 'delete models', load: () => import('./commands/models-delete.js') },
      { name: 'export', summary: 'write a model to an archive', load: () => import('./commands/models-export.js') },
      { name: 'import', summary: 'save a model from an archive', load: () => import('./commands/models-import.js') },
    ],
  },
  { name: 'env', summary: 'print the environment, for bug reports', load: () => import('./commands/env.js') },
]
