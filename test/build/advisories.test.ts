import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { build, isBentoError } from '../../src/build/index.js'
import { BentoStore } from '../../src/store/index.js'
import { scratchFolder, scratchHome } from '../support/home.js'
import { viteProject } from './vite-project.js'

// BentoML's advisories about what a bentofile of somebody else's could do (https://github.com/bentoml/BentoML/security).
test.each([
  ['CVE-2026-24123', 'description: file:../secret.txt'],
  ['CVE-2026-24123', 'description: file:/etc/hostname'],
  ['CVE-2026-24123', 'docker: { setup_script: ../secret.txt }'],
  ['CVE-2026-24123', 'docker: { dockerfile_template: /etc/hostname }'],
  ['CVE-2026-40610', 'include: [../secret.txt]'],
  ['CVE-2026-33744', 'docker: { system_packages: ["curl; touch /tmp/owned"] }'],
  ['CVE-2026-33744', 'docker: { system_packages: ["curl\\nRUN touch /tmp/owned"] }'],
  ['CVE-2026-44345', 'docker: { base_image: "node:24\\nRUN touch /tmp/owned" }'],
  ['CVE-2026-44346', 'envs: [{ name: "A\\nRUN touch /tmp/owned", value: x }]'],
  ['CVE-2026-44346', 'docker: { env: { "A\\nRUN touch /tmp/owned": x } }'],
  ['bentoml/BentoML#5656', 'envs: [{ name: A, value: "x\\nRUN touch /tmp/owned" }]'],
  ['bentoml/BentoML#5656', 'docker: { env: ["A=x\\nRUN touch /tmp/owned"] }'],
  ['no advisory, but alike', 'node: { commands: ["true\\nUSER root"] }'],
  ['no advisory, but alike', 'name: ../../owned'],
  ['no advisory, but alike', 'version: ../../owned'],
])('%s: a bentofile with %s makes no bento', async (_advisory, bentofile) => {
  const parent = scratchFolder()
  const { root } = viteProject('vite8', { 'bentofile.yaml': `${bentofile}\n` }, { parent })
  writeFileSync(join(dirname(root), 'secret.txt'), 'secret')
  const store = scratchHome()
  const failure: unknown = await build({ root, store, logLevel: 'silent' }).catch(error => error)
  expect(isBentoError(failure, 'BENTOFILE_INVALID', 'OPTION_INVALID'), String(failure)).toBe(true)
  expect(await new BentoStore(store).list()).toEqual([])
})
