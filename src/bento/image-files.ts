import { parseTemplate, type Template } from './docker-template.js'
import { readProjectFile } from './project-file.js'
import type { ImageOptions } from './types.js'

/** What the option `image` names files for. */
export interface ImageFiles {
  /** Text of the setup script, which goes along. */
  setupScript: string | undefined
  template: Template | undefined
}

/** @throws `OPTION_INVALID` for a file that is not there, lies outside the project, or is no template */
export async function readImageFiles(projectRoot: string, image: ImageOptions): Promise<ImageFiles> {
  const read = async (option: 'setupScript' | 'template') => {
    const path = image[option]
    return path === undefined ? undefined : readProjectFile(projectRoot, path, `image.${option}`)
  }
  const [setupScript, template] = await Promise.all([read('setupScript'), read('template')])
  return {
    setupScript,
    template: template === undefined ? undefined : parseTemplate(template, String(image.template)),
  }
}
