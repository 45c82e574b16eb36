import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { repository } from './served.js'

/**
 * A Python that can import `module`: the one named by BENTO_PYTHON, else the repository's `.venv`, else `python3`.
 * Undefined where there is none; the caller skips then, and says so.
 */
export function findPython(module: string): string | undefined {
  const named = process.env.BENTO_PYTHON
  const candidates = named ? [named] : [join(repository, '.venv/bin/python'), 'python3']
  return candidates.find(python => spawnSync(python, ['-c', `import ${module}`], { stdio: 'ignore' }).status === 0)
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
