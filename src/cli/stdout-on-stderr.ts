/**
 * Runs `work`, and has what it writes to `process.stdout` go to stderr: configs and plugins print where they like, while
 * stdout belongs to the command's result. What native code writes is not caught.
 */
export async function stdoutOnStderr<T>(work: () => Promise<T>): Promise<T> {
  const { stdout } = process
  const write = stdout.write
  stdout.write = (...args: unknown[]) => process.stderr.write(...(args as [string]))
  try {
    return await work()
  } finally {
    stdout.write = write
  }
}
