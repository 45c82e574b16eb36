import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { BentoContext } from './context.js'
import type { HookContext, Part } from './hooks.js'
import { pathOf } from './own-file-emitter.js'
import { fileOf, guarded, part } from './part.js'

const ADDON = /\.node$/

interface Loaded {
  code: string
  moduleType: 'js'
  syntheticNamedExports?: string
}

/**
 * Lets modules import native addons, `import addon from './addon.node'`: no bundler can read them, and Node cannot import
 * them. Built, the file lies in the bento; while developing it is loaded from where it is.
 */
export function nativeAddons(context: BentoContext): Part {
  return part('native-addons', {
    load: {
      filter: { id: ADDON },
      handler: guarded(async function (this: HookContext, id: string): Promise<Loaded | undefined> {
        const file = ADDON.test(id) ? fileOf(id) : undefined
        if (file === undefined || this.environment?.config.consumer === 'client') return undefined
        const isBuilt = context.isPackaged(this.environment)
        const code = `import { createRequire } from 'node:module'
const addon = createRequire(import.meta.url)(${isBuilt ? await emitted(context, this, file) : JSON.stringify(file)})
export default addon
export { addon as 'module.exports' }
`
        // What CommonJS requires is the addon itself: Rolldown takes it from `module.exports`, Rollup's plugin from here.
        const isRollup = this.meta.rolldownVersion === undefined
        return { code, moduleType: 'js', ...(isRollup && isBuilt ? { syntheticNamedExports: 'default' } : {}) }
      }),
    },
  })
}

async function emitted(context: BentoContext, hook: HookContext, file: string): Promise<string> {
  hook.addWatchFile(file)
  const reference = hook.emitFile({ type: 'asset', name: basename(file), source: await readFile(file) })
  context.ownFiles.set(reference, { file, executable: false })
  return pathOf(reference)
}
