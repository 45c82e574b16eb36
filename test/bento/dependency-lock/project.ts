import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { type LockOptions, lockDependencies } from '../../../src/bento/dependency-lock/index.js'
import type { ExternalImport, LockedDependencies } from '../../../src/bento/types.js'

const FIXTURES = fileURLToPath(new URL('../../../fixtures/locks/', import.meta.url))

/** A fixture of `fixtures/locks`, in a temporary folder of its own. */
export class TestProject {
  readonly root: string

  constructor(fixture?: string) {
    this.root = realpathSync(mkdtempSync(join(tmpdir(), 'bento-lock-test-')))
    onTestFinished(() => rmSync(this.root, { recursive: true, force: true }))
    if (fixture !== undefined) cpSync(join(FIXTURES, fixture), this.root, { recursive: true })
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts)
  }

  text(path: string): string {
    return readFileSync(this.path(path), 'utf8')
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of every shape
  json(path: string): any {
    return JSON.parse(this.text(path))
  }

  write(path: string, content: string | object): void {
    mkdirSync(dirname(this.path(path)), { recursive: true })
    writeFileSync(this.path(path), typeof content === 'string' ? content : `${JSON.stringify(content, undefined, 2)}\n`)
  }

  /** Changes a JSON file in place. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of every shape
  edit(path: string, change: (content: any) => void): void {
    const content = this.json(path)
    change(content)
    this.write(path, content)
  }

  /** Locks what `src/service.ts` of the package in `member` imports. */
  lock(
    imports: (string | ExternalImport)[],
    options: LockOptions & { member?: string; include?: string[]; name?: string } = {},
  ) {
    const { member = '', include = [], name = 'svc', ...rest } = options
    const externals = imports.map(each =>
      typeof each === 'string' ? this.import(each, join(member, 'src/service.ts')) : each,
    )
    const request = { projectRoot: this.path(member), externals, include, name, version: '0.0.0' }
    return lockDependencies(request, { env: {}, ...rest })
  }

  /** An import of the package `name` by a file of the project. */
  import(name: string, importer = 'src/service.ts', kind: ExternalImport['kind'] = 'static'): ExternalImport {
    return { specifier: name, packageName: name, importer: this.path(importer), kind }
  }
}

/** The entries of the made lock, the root among them. */
// biome-ignore lint/suspicious/noExplicitAny: entries hold every field of npm's
export function packagesOf(locked: LockedDependencies): Record<string, any> {
  return JSON.parse(locked.lock).packages
}

/** Locations of the made lock without the root. */
export function locations(locked: LockedDependencies): string[] {
  return Object.keys(packagesOf(locked)).filter(location => location !== '')
}
