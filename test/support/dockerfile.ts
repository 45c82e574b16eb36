/**
 * The instructions of a Dockerfile as Docker's parser sees them (`frontend/dockerfile/parser` of BuildKit): lines joined by
 * a backslash at their end, comments and empty lines left out. A here-document is not known here: its text would show as
 * instructions.
 */
export function instructions(dockerfile: string): { word: string; rest: string }[] {
  const found: { word: string; rest: string }[] = []
  let open = ''
  for (const line of dockerfile.split('\n')) {
    if (/^\s*#/.test(line) || (open === '' && line.trim() === '')) continue
    const [, text = '', more] = /^(.*?)(\\\s*)?$/.exec(line) ?? []
    open += open === '' ? text.trimStart() : text
    if (more !== undefined) continue
    const [, word = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(open) ?? []
    found.push({ word: word.toUpperCase(), rest })
    open = ''
  }
  if (open !== '') found.push({ word: open, rest: 'never ends' })
  return found
}

/** The words of the instructions, in order. */
export function instructionWords(dockerfile: string): string[] {
  return instructions(dockerfile).map(({ word }) => word)
}
