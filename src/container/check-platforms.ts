import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PACKAGE_LOCK, SOURCE } from '../bento/layout.js'
import { lockEntries } from '../bento/lock-file.js'
import { parsePlatform, platformSupport } from '../bento/platforms.js'
import { readError } from '../files/errors.js'
import type { Bento } from '../store/bento.js'

/**
 * Checks that the packages of a bento can be installed on the platforms of an image, before a builder spends its time. An image of Alpine has
 * musl for its C library; of a base of the user's own only its name can tell.
 *
 * @throws `OPTION_INVALID` for what is no platform; `PLATFORM_MISSING` naming what the lock lacks
 */
export async function checkPlatforms(bento: Bento, platforms: readonly string[]): Promise<void> {
  const isAlpine = /alpine/.test(bento.info.image?.baseImage ?? '')
  const wanted = platforms.map(name => {
    const platform = parsePlatform(name)
    return isAlpine && platform.os === 'linux' ? { ...platform, libc: 'musl' as const } : platform
  })
  if (wanted.length === 0) return
  const file = join(bento.path, SOURCE, PACKAGE_LOCK)
  const lock = await readFile(file, 'utf8').catch(error => {
    throw readError(error, 'read the lock of the bento', file)
  })
  platformSupport(lockEntries(lock), wanted)
}
