import { chmodSync, symlinkSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findNpm, npmEnvironment } from '../../src/serve/npm.js'
import { scratchFolder, writeFiles } from '../runtime/service-process.js'

describe('finding npm', () => {
  const node = (folder: string) => join(folder, 'node/bin/node')

  it('takes the npm that runs this process', () => {
    const folder = scratchFolder()
    writeFiles(folder, { 'npm-cli.js': '', 'node/lib/node_modules/npm/bin/npm-cli.js': '' })
    const script = join(folder, 'npm-cli.js')
    expect(findNpm({ npm_execpath: script }, node(folder))).toEqual({ file: node(folder), args: [script] })
  })

  it.each(['node/lib/node_modules/npm/bin/npm-cli.js', 'node/bin/node_modules/npm/bin/npm-cli.js'])(
    'takes the one installed with Node, not another package manager: %s',
    path => {
      const folder = scratchFolder()
      writeFiles(folder, { [path]: '', 'pnpm.cjs': '' })
      const found = findNpm({ npm_execpath: join(folder, 'pnpm.cjs') }, node(folder))
      expect(found).toEqual({ file: node(folder), args: [join(folder, path)] })
    },
  )

  it.skipIf(process.platform === 'win32')('takes the one behind the link on the PATH', () => {
    const folder = scratchFolder()
    writeFiles(folder, { 'share/npm/bin/npm-cli.js': '', 'bin/other': '' })
    symlinkSync('../share/npm/bin/npm-cli.js', join(folder, 'bin/npm'))
    const env = { PATH: [join(folder, 'none'), join(folder, 'bin')].join(delimiter) }
    expect(findNpm(env, node(folder)).args[0]).toMatch(/share\/npm\/bin\/npm-cli\.js$/)
  })

  it.skipIf(process.platform === 'win32')("takes a version manager's launcher as it is", () => {
    const folder = scratchFolder()
    writeFiles(folder, { 'shims/npm': '#!/bin/sh\n' })
    chmodSync(join(folder, 'shims/npm'), 0o755)
    expect(findNpm({ PATH: join(folder, 'shims') }, node(folder))).toEqual({
      file: join(folder, 'shims/npm'),
      args: [],
    })
  })

  it('takes the script beside npm.cmd, and never the batch file', () => {
    const folder = scratchFolder()
    writeFiles(folder, { 'tools/npm.cmd': '', 'tools/node_modules/npm/bin/npm-cli.js': '' })
    const found = findNpm({ PATH: join(folder, 'tools') }, node(folder))
    expect(found).toEqual({ file: node(folder), args: [join(folder, 'tools/node_modules/npm/bin/npm-cli.js')] })
  })

  it('says so where there is none', () => {
    const folder = scratchFolder()
    expect(() => findNpm({ PATH: '' }, node(folder))).toThrow(expect.objectContaining({ code: 'INSTALL_FAILED' }))
  })
})

describe("npm's environment", () => {
  it("drops what another npm's work has set, keeps how to connect, and puts this Node first", () => {
    const env = npmEnvironment(
      {
        npm_config_workspace: 'web',
        NPM_CONFIG_DRY_RUN: 'true',
        npm_config_include: 'dev',
        npm_config_registry: 'http://127.0.0.1:1',
        npm_config_userconfig: '/home/u/.npmrc',
        PATH: '/usr/bin',
        MINE: 'mine',
      },
      { MINE: 'bento', THEIRS: 'bento' },
    )
    expect(env).toEqual({
      npm_config_registry: 'http://127.0.0.1:1',
      npm_config_userconfig: '/home/u/.npmrc',
      PATH: [dirname(process.execPath), '/usr/bin'].join(delimiter),
      MINE: 'mine',
      THEIRS: 'bento',
    })
  })
})
