/** Service projects of every kind that a lock is made from, small enough to install in seconds. */
export interface ProjectKind {
  name: string
  manager: 'npm' | 'pnpm'
  /** Folder of the service's package. */
  member: string
  /** Whether `is-number` is patched to take "patched" for a number. */
  patched: boolean
  files: Record<string, string>
}

const CRC32 = '1.10.6'
const json = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`

const SERVICE = `import { crc32 } from '@node-rs/crc32'
import isNumber from 'is-number'

export default {
  fetch: () => Response.json({ crc: crc32('bento'), patched: isNumber('patched') }),
}
`

const SERVICE_OF_WORKSPACE = `import { crc32 } from '@node-rs/crc32'
import { range, type Answer } from '@acme/shared'
import isNumber from 'is-number'

export default {
  fetch: (): Response => {
    const answer: Answer = { crc: crc32('bento'), patched: isNumber('patched'), range: range(1, 12) }
    return Response.json(answer)
  },
}
`

/** TypeScript that nobody builds: what it depends on only its own package names. */
const SHARED = `import fill from 'fill-range'

export interface Answer {
  crc: number
  patched: boolean
  range: string
}

export function range(from: number, to: number): string {
  return fill(from, to, { toRegex: true }) as unknown as string
}
`

const sharedManifest = (specs: Record<string, string>) =>
  json({ name: '@acme/shared', version: '1.0.0', type: 'module', exports: './src/index.ts', dependencies: specs })

const manifest = (name: string, more: object) =>
  json({ name, version: '1.0.0', private: true, type: 'module', ...more })

/** @param prefix of the paths: patch-package counts from the project's folder */
const patch = (prefix = '') => `diff --git a/${prefix}index.js b/${prefix}index.js
--- a/${prefix}index.js
+++ b/${prefix}index.js
@@ -8,6 +8,7 @@
 'use strict';
 
 module.exports = function(num) {
+  if (num === 'patched') return true;
   if (typeof num === 'number') {
     return num - num === 0;
   }
`

const DEPENDENCIES = { '@node-rs/crc32': CRC32, 'is-number': '^7.0.0' }

export const PROJECT_KINDS: ProjectKind[] = [
  {
    name: 'npm',
    manager: 'npm',
    member: '',
    patched: false,
    files: { 'package.json': manifest('kind-npm', { dependencies: DEPENDENCIES }), 'src/service.ts': SERVICE },
  },
  {
    name: 'npm workspace',
    manager: 'npm',
    member: 'packages/app',
    patched: false,
    files: {
      'package.json': manifest('kind-npm-workspace', { workspaces: ['packages/*'] }),
      'packages/app/package.json': manifest('@acme/app', { dependencies: { ...DEPENDENCIES, '@acme/shared': '*' } }),
      'packages/app/src/service.ts': SERVICE_OF_WORKSPACE,
      'packages/shared/package.json': sharedManifest({ 'fill-range': '^7.1.1' }),
      'packages/shared/src/index.ts': SHARED,
    },
  },
  {
    name: 'pnpm',
    manager: 'pnpm',
    member: '',
    patched: false,
    files: {
      // Its install script wants a program of another package, which pnpm's lock does not name.
      'package.json': manifest('kind-pnpm', {
        dependencies: { ...DEPENDENCIES, bufferutil: '^4.1.0' },
        pnpm: { onlyBuiltDependencies: ['bufferutil'] },
      }),
      'src/service.ts': `import 'bufferutil'\n${SERVICE}`,
    },
  },
  {
    name: 'pnpm workspace',
    manager: 'pnpm',
    member: 'packages/app',
    patched: true,
    files: {
      'package.json': manifest('kind-pnpm-workspace', {}),
      'pnpm-workspace.yaml': `packages:
  - packages/*
catalog:
  fill-range: ^7.1.1
overrides:
  to-regex-range: 5.0.0
patchedDependencies:
  is-number@7.0.0: patches/is-number@7.0.0.patch
`,
      'patches/is-number@7.0.0.patch': patch(),
      'packages/app/package.json': manifest('@acme/app', {
        dependencies: { ...DEPENDENCIES, '@acme/shared': 'workspace:*' },
      }),
      'packages/app/src/service.ts': SERVICE_OF_WORKSPACE,
      'packages/shared/package.json': sharedManifest({ 'fill-range': 'catalog:' }),
      'packages/shared/src/index.ts': SHARED,
    },
  },
  {
    name: 'patch-package',
    manager: 'npm',
    member: '',
    patched: true,
    files: {
      'package.json': manifest('kind-patch-package', {
        scripts: { postinstall: 'patch-package' },
        dependencies: DEPENDENCIES,
        devDependencies: { 'patch-package': '^8.0.0' },
      }),
      'patches/is-number+7.0.0.patch': patch('node_modules/is-number/'),
      'src/service.ts': SERVICE,
    },
  },
]
