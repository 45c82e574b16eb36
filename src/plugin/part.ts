import { type BentoError, isBentoError } from '../core/errors.js'
import type { HookContext, Part } from './hooks.js'

/** Name of the plugin; its parts are called `vite-plugin-bento:<part>`. */
export const PLUGIN_NAME = 'vite-plugin-bento'

/**
 * Under which {@link readable} keeps the error itself, whatever a bundler does to the message. `Symbol.for`, since
 * `build()` may meet the error of another copy of this package.
 */
const ORIGIN = Symbol.for('vite-plugin-bento.error')

type Hook<This, Args extends unknown[], Result> = (this: This, ...args: Args) => Result

/** Hooks of a part and what they get, as this package uses them. */
export type Hooks = Record<string, unknown>

/** Names a part. */
export function part(name: string, hooks: Hooks): Part {
  return { name: `${PLUGIN_NAME}:${name}`, ...hooks }
}

/**
 * Makes a hook tell our errors through the bundler's own `this.error`: the code then arrives as `pluginCode`.
 */
export function guarded<This extends Pick<HookContext, 'error'>, Args extends unknown[], Result>(
  hook: Hook<This, Args, Result>,
): Hook<This, Args, Result> {
  return function (this: This, ...args: Args): Result {
    try {
      const result = hook.apply(this, args)
      return result instanceof Promise ? (result.catch(error => tell(this, error)) as Result) : result
    } catch (error) {
      return tell(this, error)
    }
  }
}

function tell(context: Pick<HookContext, 'error'>, error: unknown): never {
  return context.error(readable(error) as Error)
}

/**
 * An error of ours as bundlers are to print it: `[CODE] message`. In the message, since some print nothing else; and
 * without stack, cause and fields, which others print: to users who made a mistake in their project, frames of ours say
 * nothing. `DEBUG` shows them. Other errors stay as they are.
 */
export function readable(error: unknown): unknown {
  if (!isBentoError(error)) return error
  const { code } = error
  const message = `[${code}] ${error.message}`
  // `pluginCode` for where no bundler sets it (buildApp); bundlers overwrite the code of what they are given.
  const told = Object.assign(new Error(message), { code, pluginCode: code })
  Object.defineProperty(told, ORIGIN, { value: error })
  told.stack = process.env.DEBUG ? `${error.stack}` : `Error: ${message}\n`
  return told
}

/** The file of a module id; virtual modules have none. */
export function fileOf(id: string): string | undefined {
  const path = id.replace(/^\0/, '').replace(/\?.*$/s, '')
  return /^(?:\/|[a-z]:[\\/])/i.test(path) ? path : undefined
}

/** The error of ours that a bundler's error tells of; it may be of another copy of its class. */
export function originOf(error: unknown): Omit<BentoError, 'name'> | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  if (ORIGIN in error) return error[ORIGIN] as BentoError
  const inner = 'errors' in error && Array.isArray(error.errors) ? error.errors : []
  for (const one of inner) {
    const origin = originOf(one)
    if (origin !== undefined) return origin
  }
  return 'cause' in error ? originOf(error.cause) : undefined
}
