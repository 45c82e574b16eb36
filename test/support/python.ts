import { execFileSync, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/**
 * A Python that can import `module`: the one named by BENTO_PYTHON, else `python3`. Undefined where there is none;
 * the caller skips then, and says so.
 */
export function findPython(module: string): string | undefined {
  for (const python of [process.env.BENTO_PYTHON, 'python3']) {
    if (python === undefined || python === '') continue
    try {
      execFileSync(python, ['-c', `import ${module}`], { stdio: 'ignore' })
      return python
    } catch {
      // Not there, or without the module: the next one.
    }
  }
  return undefined
}

/** A Python program that answers each line of JSON with a line of JSON. */
export interface PythonPeer {
  ask(question: unknown): Promise<unknown>
  close(): Promise<void>
}

/** Starts a program that defines `answer(question)`; an exception there is answered as `{"error": its type}`. */
export function startPython(python: string, program: string): PythonPeer {
  const loop = `
import json, sys
${program}
for line in sys.stdin:
    try:
        result = answer(json.loads(line))
    except Exception as error:
        result = {"error": type(error).__name__}
    print(json.dumps(result), flush=True)
`
  const child = spawn(python, ['-c', loop], { stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting: ((line: string) => void)[] = []
  createInterface({ input: child.stdout }).on('line', line => waiting.shift()?.(line))
  return {
    ask: question =>
      new Promise(resolve => {
        waiting.push(line => resolve(JSON.parse(line)))
        child.stdin.write(`${JSON.stringify(question)}\n`)
      }),
    close: () =>
      new Promise(resolve => {
        child.once('close', () => resolve())
        child.stdin.end()
      }),
  }
}
