/**
 * What the parts use of a bundler. Rollup, Rolldown and Vite all have it, so each part is written once; the types of a
 * bundler appear only in its own face (`vite.ts`, `rollup.ts`, `rolldown.ts`).
 */

/** Something to say through the bundler, with its own code. */
export interface Log {
  message: string
  code?: string
}

/** `this` of every hook. */
export interface MinimalHookContext {
  readonly meta: {
    readonly watchMode?: boolean
    readonly rollupVersion?: string
    readonly rolldownVersion?: string
    readonly viteVersion?: string
  }
  error(log: Log | string): never
  warn(log: Log | string): void
  info(log: Log | string): void
}

/** `this` of the build hooks. */
export interface HookContext extends MinimalHookContext {
  /** In Vite: what is being built. */
  readonly environment?: HookEnvironment
  parse(code: string, options?: { lang?: 'js' | 'jsx' | 'ts' | 'tsx' }): unknown
  resolve(
    id: string,
    importer: string | undefined,
    options: { skipSelf: true },
  ): Promise<{ readonly id: string; readonly external: boolean | 'absolute' | 'relative' } | null>
  getModuleInfo(id: string): ModuleInfo | null
  getModuleIds(): IterableIterator<string>
  addWatchFile(path: string): void
  emitFile(file: EmittedFile): string
  getFileName(reference: string): string
}

/** What a part emits: a module as a chunk of its own, or a file as it is. */
export type EmittedFile =
  | { type: 'chunk'; id: string; name: string }
  | { type: 'asset'; source: Uint8Array; name?: string; fileName?: string }

/** The part of Vite's environment that the parts look at. */
export interface HookEnvironment {
  readonly mode: string
  readonly name: string
  readonly config: { readonly consumer: 'client' | 'server'; readonly resolve?: { readonly noExternal?: unknown } }
}

/** A module of the graph. Rolldown has no `isExternal`; its externals have `code === null`. */
export interface ModuleInfo {
  readonly id: string
  readonly code: string | null
  readonly isExternal?: boolean
  readonly importedIds: readonly string[]
  readonly dynamicallyImportedIds: readonly string[]
}

export interface OutputChunk {
  readonly type: 'chunk'
  readonly fileName: string
  readonly code: string
  readonly isEntry: boolean
  /** Names of what it exports. */
  readonly exports: readonly string[]
  readonly facadeModuleId: string | null
  readonly moduleIds: readonly string[]
  readonly imports: readonly string[]
  readonly dynamicImports: readonly string[]
}

export interface OutputAsset {
  readonly type: 'asset'
  readonly fileName: string
}

export type OutputBundle = Record<string, OutputChunk | OutputAsset>

/** Output options after the bundler completed them. */
export interface OutputOptions {
  readonly dir?: string | undefined
  readonly file?: string | undefined
  readonly format?: string | undefined
}

/** The hooks of one part; each face hands them to its bundler. */
export interface Part {
  name: string
  [hook: string]: unknown
}
