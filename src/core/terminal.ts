/** Whether what is printed to stdout may have colours. */
export function stdoutHasColours(): boolean {
  return process.stdout.isTTY === true && process.stdout.hasColors() && process.env.NO_COLOR === undefined
}
