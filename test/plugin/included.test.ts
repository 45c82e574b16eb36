import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { scratchHome } from '../support/home.js'
import { BUNDLERS, buildWith, makeProject } from '../support/project.js'

describe.each(BUNDLERS)('%s', bundler => {
  it('packages what include and exclude say, relative to the project', async () => {
    const project = makeProject({
      files: {
        'src/service.js': "export default { fetch: () => new Response('ok') }\n",
        'migrations/1.sql': 'create',
        'migrations/draft.sql': '',
        'templates/a.html': '<p>',
        'templates/.bentoignore': 'b.html\n',
        'templates/b.html': '',
        'dist/old.html': '',
        'docs/readme.md': '# Service\n',
      },
    })
    const { report } = await buildWith(bundler, project, {
      home: scratchHome(),
      options: {
        include: ['migrations/', '*.html', 'nothing/'],
        exclude: ['draft.*'],
        description: 'file:docs/readme.md',
      },
    })
    const source = join(report?.path ?? '', 'src')
    expect(readFileSync(join(source, 'migrations/1.sql'), 'utf8')).toBe('create')
    expect(readFileSync(join(source, 'templates/a.html'), 'utf8')).toBe('<p>')
    for (const path of ['migrations/draft.sql', 'templates/b.html', 'dist', 'old.html']) {
      expect(existsSync(join(source, path)), path).toBe(false)
    }
    expect(readFileSync(join(report?.path ?? '', 'README.md'), 'utf8')).toMatch(/^# Service\n/)
    expect(report?.warnings).toEqual(['"nothing/" in the option include matches no file that may go along.'])
  })
})
