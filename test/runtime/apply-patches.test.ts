import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { scratchFolder } from '../support/home.js'
import { repository } from '../support/served.js'

const PROGRAM = join(repository, 'dist/runtime/apply-patches.js')
const ORIGINAL = 'one\ntwo\nthree\n'
const PATCHED = 'one\nTWO\nthree\n'
const CHANGE = `diff --git a/index.js b/index.js
--- a/index.js
+++ b/index.js
@@ -1,3 +1,3 @@
 one
-two
+TWO
 three
diff --git a/new/file.js b/new/file.js
new file mode 100644
--- /dev/null
+++ b/new/file.js
@@ -0,0 +1 @@
+made
diff --git a/old.js b/old.js
deleted file mode 100644
--- a/old.js
+++ /dev/null
@@ -1 +0,0 @@
-gone
`

/** A bento's `src/` with one installed package and its patch. */
function installed(patch = CHANGE, place = 'node_modules/pkg', prefix = ''): string {
  const root = scratchFolder()
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  write('node_modules/pkg/index.js', ORIGINAL)
  write('node_modules/pkg/old.js', 'gone\n')
  write('bento-patches/pkg.patch', patch)
  write('bento-patches/list.json', JSON.stringify([{ package: place, patch: 'pkg.patch', prefix }]))
  return root
}

const apply = (root: string) => spawnSync(process.execPath, [PROGRAM, root], { encoding: 'utf8' })
const read = (root: string, path: string) => readFileSync(join(root, 'node_modules/pkg', path), 'utf8')

it('changes, makes and removes files, and a second time does nothing', () => {
  const root = installed()
  for (const _ of [1, 2]) {
    expect(apply(root)).toMatchObject({ status: 0, stderr: '' })
    expect(read(root, 'index.js')).toBe(PATCHED)
    expect(read(root, 'new/file.js')).toBe('made\n')
    expect(existsSync(join(root, 'node_modules/pkg/old.js'))).toBe(false)
  }
})

it('takes the paths of patch-package', () => {
  const root = installed(
    CHANGE.replaceAll(/([ab])\/(?=index|new|old)/g, '$1/node_modules/pkg/'),
    'node_modules/pkg',
    'node_modules/pkg/',
  )
  expect(apply(root).status).toBe(0)
  expect(read(root, 'index.js')).toBe(PATCHED)
})

it('passes over what is not installed on this platform', () => {
  expect(apply(installed(CHANGE, 'node_modules/elsewhere'))).toMatchObject({ status: 0, stderr: '' })
})

it('fails where the file is not what the patch was made for', () => {
  const root = installed()
  writeFileSync(join(root, 'node_modules/pkg/index.js'), 'other\n')
  const { status, stderr } = apply(root)
  expect(status).toBe(1)
  expect(stderr).toContain(
    "pkg.patch can't be applied to node_modules/pkg: index.js is not what the patch was made for",
  )
})

it.each([
  ['a patch', CHANGE.replaceAll('/index.js', '/../../escaped.js'), 'node_modules/pkg'],
  ['a package', CHANGE, '../outside'],
])('%s that leaves its folder is refused', (_, patch, place) => {
  const { status, stderr } = apply(installed(patch, place))
  expect(status).toBe(1)
  expect(stderr).toContain('leaves the folder')
})
