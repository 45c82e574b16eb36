import { BentoError } from '../core/errors.js'
import { type FullTag, fullTag } from '../core/tag.js'
import { newVersion } from '../store/version.js'

/**
 * The tag of a build: the option `version` is `content`, `time` (a new one as BentoML makes them) or the user's own.
 *
 * @param content the content version
 * @throws `TAG_INVALID` for a name or version that breaks the grammar; `OPTION_INVALID` for `latest`, which stands for
 * the newest.
 */
export function chooseTag(name: string, version: string, content: string): FullTag {
  if (version.toLowerCase() === 'latest') {
    throw new BentoError('OPTION_INVALID', 'The option "version" is "latest", which stands for the newest version.', {
      hint: 'Choose "content", "time" or a version of your own.',
    })
  }
  return fullTag(name, version === 'content' ? content : version === 'time' ? newVersion() : version)
}
