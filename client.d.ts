// Types of the modules that the plugin provides. In tsconfig.json: "types": ["vite-plugin-bento/client"].

declare module 'virtual:bento/model/*' {
  type ModelInfo = import('./dist/transfer/index.js').ModelInfo

  /**
   * A model of the store: in a bento the version that was pinned when it was built, in development what the store holds
   * now.
   *
   * @example
   * ```ts
   * import model from 'virtual:bento/model/iris_clf:latest'
   *
   * const session = await InferenceSession.create(join(model.path, 'model.onnx'))
   * ```
   */
  const model: {
    /** The model's tag, `name:version`. */
    readonly tag: string
    /**
     * Absolute path of the folder that holds the model's files. In a bento it is looked up at each use.
     *
     * @throws Error in a bento, where this machine does not have the model; it says how to get it.
     */
    readonly path: string
    /** What model.yaml says: labels, metadata, context, creation time. */
    readonly info: Omit<ModelInfo, 'tag'> & { readonly tag: string }
  }
  export default model
}

declare module 'virtual:bento/args' {
  /**
   * The arguments of the build by name. Give them types of their own in a declaration file:
   *
   * @example
   * ```ts
   * import 'virtual:bento/args'
   *
   * declare module 'virtual:bento/args' {
   *   interface BentoArgs {
   *     readonly threshold: number
   *   }
   * }
   * ```
   */
  export interface BentoArgs {
    readonly [name: string]: unknown
  }

  /**
   * What the option `args`, the bentofile and `bento build --arg` say, in one object.
   *
   * @example
   * ```ts
   * import args from 'virtual:bento/args'
   *
   * const threshold = Number(args.threshold ?? 0.5)
   * ```
   */
  const args: BentoArgs
  export default args
}
