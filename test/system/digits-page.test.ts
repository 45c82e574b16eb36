import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { chromiumMissing, startChromium } from '../support/chromium.js'
import { DRAWN_DIGITS } from '../support/drawn-digits.js'
import { installedPackages } from '../support/iris.js'
import { describeNeeding } from '../support/needs.js'
import { freePort, repository, type ServedBento, serve, untilUp } from '../support/served.js'

const example = join(repository, 'examples/digits')
const vite = join(repository, 'node_modules/vite/bin/vite.js')

/** Draws strokes with the mouse, in the middle of the pad, and waits for what the page says of the whole. */
async function draw(page: Page, strokes: (typeof DRAWN_DIGITS)[number]): Promise<string> {
  const pad = await page.locator('#pad').boundingBox()
  if (pad === null) throw new Error('The page shows no pad.')
  const place = ([x, y]: [number, number]) =>
    [pad.x + pad.width * (0.2 + 0.6 * x), pad.y + pad.height * (0.15 + 0.7 * y)] as const
  for (const [first, ...rest] of strokes) {
    await page.mouse.move(...place(first!))
    await page.mouse.down()
    for (const point of rest) await page.mouse.move(...place(point), { steps: 3 })
    await page.mouse.up()
  }
  await page.locator(`#answer[data-strokes="${strokes.length}"]`).waitFor()
  return page.locator('#answer').innerText()
}

describeNeeding(chromiumMissing(), 'the digits page in Chromium', () => {
  let home: string
  let project: string
  let env: NodeJS.ProcessEnv
  let browser: Browser

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'digits-home-'))
    project = realpathSync(mkdtempSync(join(tmpdir(), 'digits page-')))
    env = { ...process.env, BENTOML_HOME: home }
    cpSync(join(repository, 'fixtures/home'), home, { recursive: true })
    for (const name of [
      'src',
      'public',
      'index.html',
      'vite.config.ts',
      'package.json',
      'package-lock.json',
      'tsconfig.json',
    ]) {
      cpSync(join(example, name), join(project, name), { recursive: true })
    }
    symlinkSync(installedPackages(), join(project, 'node_modules'))
    browser = await startChromium()
  })

  afterAll(async () => {
    await browser?.close()
    for (const folder of [home, project]) rmSync(folder, { recursive: true, force: true })
  })

  async function open(url: string): Promise<{ page: Page; errors: string[] }> {
    const page = await browser.newPage({ viewport: { width: 780, height: 620 } })
    onTestFinished(() => page.close())
    const errors: string[] = []
    page.on('pageerror', error => errors.push(String(error)))
    page.on('console', message => message.type() === 'error' && errors.push(message.text()))
    page.on('response', response => response.status() >= 400 && errors.push(`${response.status()} ${response.url()}`))
    await page.goto(url)
    return { page, errors }
  }

  it('is built by one vite build, served by bento serve, and names ten drawn digits', async () => {
    const build = spawnSync(process.execPath, [vite, 'build'], { cwd: project, env, encoding: 'utf8' })
    expect([build.status, build.stderr]).toEqual([0, expect.any(String)])
    const bento: ServedBento = await serve('digits', { home })
    onTestFinished(async () => void (await bento.stop()))
    const { page, errors } = await open(bento.url)
    const named: string[] = []
    for (const [digit, strokes] of DRAWN_DIGITS.entries()) {
      named.push(await draw(page, strokes))
      expect(await page.locator('#note').innerText()).toBe('Named by digits:v1.')
      // The picture in docs/full-stack.md: BENTO_SCREENSHOT=docs/digits.png
      if (digit === 5 && process.env.BENTO_SCREENSHOT) await page.screenshot({ path: process.env.BENTO_SCREENSHOT })
      await page.getByRole('button', { name: 'Clear' }).click()
      expect(await page.locator('#answer').innerText()).toBe('–')
    }
    expect(named).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    expect(errors).toEqual([])
  })

  it('in vite dev: a service that is edited gives other answers, without a restart or a reload of the page', async () => {
    const port = await freePort()
    const server = spawn(process.execPath, [vite, '--port', String(port), '--strictPort', '--host', '127.0.0.1'], {
      cwd: project,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    onTestFinished(() => void server.kill())
    let output = ''
    for (const stream of [server.stdout, server.stderr]) stream.setEncoding('utf8').on('data', text => (output += text))
    const url = `http://127.0.0.1:${port}`
    await untilUp(server, url)
    const { page, errors } = await open(url)
    await page.evaluate('window.opened = true')
    expect(await draw(page, DRAWN_DIGITS[7]!)).toBe('7')

    const service = join(project, 'src/service.ts')
    const before = readFileSync(service, 'utf8')
    writeFileSync(service, before.replace('digit: Number(labels![0])', 'digit: 9 - Number(labels![0])'))
    await vi.waitFor(
      async () => {
        await page.getByRole('button', { name: 'Clear' }).click()
        expect(await draw(page, DRAWN_DIGITS[7]!)).toBe('2')
      },
      { timeout: 30_000 },
    )
    writeFileSync(service, before)
    expect(await page.evaluate('window.opened')).toBe(true)
    expect(errors).toEqual([])
    expect(server.exitCode).toBeNull()
    expect(output).not.toMatch(/error/i)
  })
})
