import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Debian's; playwright's own would have to be downloaded. */
const CHROMIUM = '/usr/bin/chromium'

/** What keeps a page from being tested in a browser; undefined where nothing does. */
export function chromiumMissing(): string | undefined {
  return existsSync(CHROMIUM) ? undefined : `Chromium at ${CHROMIUM} (Debian's package chromium)`
}

/** Starts a browser that talks to the pages it is shown and to nobody else. */
export function startChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
