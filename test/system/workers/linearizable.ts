/** What one process saw of one tag, and when: `exists` and `absent` are refusals that tell of the state. */
export interface TagOperation {
  kind: 'save' | 'exists' | 'delete' | 'absent' | 'get'
  /** Of the item saved or got. */
  id: string | undefined
  start: bigint
  end: bigint
}

/**
 * State of a tag after an operation on it; undefined when the operation could not have gone so. `''` is "not there".
 */
function step(state: string, { kind, id }: TagOperation): string | undefined {
  switch (kind) {
    case 'save':
      return state === '' ? id : undefined
    case 'exists':
      return state === '' ? undefined : state
    case 'delete':
      return state === '' ? undefined : ''
    case 'absent':
      return state === '' ? '' : undefined
    case 'get':
      return state === id ? state : undefined
  }
}

/**
 * Whether the operations could have happened one after the other, each at some instant between its start and its end
 * (linearizability, for a tag that is absent at first).
 *
 * All that could be true at a moment is kept as a set of possibilities: a state, and which of the operations under way
 * have already taken effect. When an operation ends, only possibilities in which it has remain.
 */
export function isLinearizable(history: readonly TagOperation[]): boolean {
  const events = history
    .flatMap((operation, index) => [
      { at: operation.start, index, ends: false },
      { at: operation.end, index, ends: true },
    ])
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : Number(a.ends) - Number(b.ends)))
  const open = new Set<number>()
  let possible = new Map<string, { state: string; done: ReadonlySet<number> }>([['|', { state: '', done: new Set() }]])
  const key = (state: string, done: ReadonlySet<number>) => `${state}|${[...done].sort((a, b) => a - b).join()}`
  for (const { index, ends } of events) {
    if (!ends) {
      open.add(index)
      continue
    }
    // Let any of the open operations take effect, in any order.
    const queue = [...possible.values()]
    for (const { state, done } of queue) {
      if (done.has(index)) continue
      for (const other of open) {
        const operation = history[other]
        const next = done.has(other) || operation === undefined ? undefined : step(state, operation)
        if (next === undefined) continue
        const after = { state: next, done: new Set([...done, other]) }
        const name = key(after.state, after.done)
        if (possible.has(name)) continue
        possible.set(name, after)
        queue.push(after)
      }
    }
    open.delete(index)
    const remaining: typeof possible = new Map()
    for (const { state, done } of possible.values()) {
      if (!done.has(index)) continue
      const left = new Set([...done].filter(other => other !== index))
      remaining.set(key(state, left), { state, done: left })
    }
    if (remaining.size === 0) return false
    possible = remaining
  }
  return true
}
