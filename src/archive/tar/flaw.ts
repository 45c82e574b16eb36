import { BentoError, type ErrorCode } from '../../core/errors.js'
import { visible } from '../../core/text.js'

/** Characters of a name that a message shows. */
const SHOWN = 200

const HINTS: { readonly [code in ErrorCode]?: string } = {
  ARCHIVE_INVALID: 'It is damaged, cut short, or made to be misread: get it again, or have it made again.',
  ENTRY_NAME: 'Repack it with plain names, in UTF-8.',
  ENTRY_KIND: 'Repack it with files, folders and links inside only.',
}

/** What is wrong with a tar archive, found where it is not known which entry it is about. {@link flawError} knows. */
export class Flaw extends Error {
  readonly code: ErrorCode
  readonly details: Record<string, unknown>

  /** @param what to follow the name of the entry: `has …`, `is …` */
  constructor(code: ErrorCode, what: string, details: Record<string, unknown> = {}) {
    super(what)
    this.code = code
    this.details = details
  }
}

/** A {@link Flaw} of the archive as a whole. */
export class ArchiveFlaw extends Flaw {
  /** @param text a sentence, without its full stop */
  constructor(text: string) {
    super('ARCHIVE_INVALID', text)
  }
}

/** Where a {@link Flaw} was found. */
export interface FlawPlace {
  /** Bytes of the archive before the header in question. */
  offset: number
  /** Of the entry, or of the one that comes next. */
  index: number
  /** Of the entry, once it is known. */
  name: string | undefined
}

/** A flaw as the error that is thrown. */
export function flawError(flaw: Flaw, place: FlawPlace): BentoError {
  const { offset, index, name } = place
  const isWhole = flaw instanceof ArchiveFlaw
  const entry = isWhole ? {} : { entry: index, offset, ...(name === undefined ? {} : { name }) }
  const hint = HINTS[flaw.code]
  return new BentoError(flaw.code, isWhole ? `${flaw.message}.` : `${placeText(place)} ${flaw.message}.`, {
    ...(hint === undefined ? {} : { hint }),
    details: { ...flaw.details, ...entry },
  })
}

function placeText({ offset, index, name }: FlawPlace): string {
  if (name === undefined) return `The header of entry ${index} of the tar archive, at byte ${offset},`
  const short = name.length > SHOWN ? `${name.slice(0, SHOWN)}…` : name
  return `Entry ${index} of the tar archive, ${visible(JSON.stringify(short))},`
}
