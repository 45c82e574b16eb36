import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { scratchHome } from '../support/home.js'
import { BUNDLERS, buildWith, entryIn, makeProject } from '../support/project.js'

describe.each(BUNDLERS)('%s', bundler => {
  test('what is replaced and added keeps the source maps right', async () => {
    const project = makeProject({
      files: {
        'src/service.js': `import { basename } from 'node:path'

if (require.main === module) console.log(basename(__dirname)); function fail() { throw new Error('here') }

/* a comment */ if (import.meta.main) fail()
`,
      },
    })
    const { report } = await buildWith(bundler, project, {
      home: scratchHome(),
      vite: { build: { sourcemap: true } },
      output: { dir: project.path('dist'), sourcemap: true },
    })
    const { stderr, stdout } = spawnSync(
      process.execPath,
      ['--enable-source-maps', join(report?.path ?? '', 'src/server.js')],
      { encoding: 'utf8' },
    )
    expect(entryIn(report)).toBeTruthy()
    expect(stdout.trim()).toBe('src')
    expect(stderr).toMatch(/at fail .*service\.js:3:8[78]/)
    expect(stderr).toMatch(/service\.js:5:3[6-9]/)
  })
})
