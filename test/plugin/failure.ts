/** What a failed build says, whichever bundler it was. */
export interface Failure {
  code: string | undefined
  message: string
}

/**
 * Runs a build that must fail. Rollup gives the plugin's code as `pluginCode`, Rolldown and Vite 8 on the members of
 * `errors`; outside the bundler's hooks (`buildApp`) it is `code` itself.
 */
export async function failureOf(build: () => Promise<unknown>): Promise<Failure> {
  try {
    await build()
  } catch (error) {
    const { errors, pluginCode, code, message } = error as Record<string, unknown>
    const [first] = Array.isArray(errors) ? (errors as Record<string, unknown>[]) : []
    return { code: (first?.pluginCode ?? pluginCode ?? code) as string | undefined, message: String(message) }
  }
  throw new Error('The build should have failed.')
}
