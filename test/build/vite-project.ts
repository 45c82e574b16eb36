import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { makeProject, type ProjectPlan, type TestProject } from '../support/project.js'
import { repository } from '../support/served.js'

/** The Vites that build() runs on; each is what the project calls `vite`. */
export const VITES = ['vite8', 'vite7'] as const
export type ViteName = (typeof VITES)[number]

export const SERVICE = `import args from 'virtual:bento/args'
export default { fetch: () => Response.json(args) }
`
export const CLIENT = {
  'index.html': '<script type="module" src="/src/client.js"></script>',
  'src/client.js': 'console.log("client")\n',
}

/** A project that has this package and a Vite in its node_modules, as users have. */
export function viteProject(
  vite: ViteName,
  files: Record<string, string>,
  plan: Partial<ProjectPlan> = {},
): TestProject {
  const project = makeProject({
    ...plan,
    files: { 'src/service.js': SERVICE, 'node_modules/.keep': '', ...files, ...plan.files },
  })
  symlinkSync(join(repository, 'node_modules', vite === 'vite8' ? 'vite' : vite), project.path('node_modules/vite'))
  symlinkSync(repository, project.path('node_modules/vite-plugin-bento'))
  return project
}
