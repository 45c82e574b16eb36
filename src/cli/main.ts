#!/usr/bin/env node
import module from 'node:module'

// Node 22 keeps compiled code between runs; the types are those of Node 20, which does not have it.
;(module as { enableCompileCache?: () => unknown }).enableCompileCache?.()

const { runCli } = await import('./program.js')
await runCli(process.argv.slice(2))
