import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { DEFAULT_IMAGE } from '../../src/bento/image-options.js'
import { packageService } from '../../src/bento/package-service.js'
import type { PackageOptions } from '../../src/bento/types.js'
import { builtService, packageOptions } from '../bento/built-service.js'
import { instructions, instructionWords } from '../support/dockerfile.js'
import { scratchHome } from '../support/home.js'
import { describeNeeding } from '../support/needs.js'
import { bentomlMissing, bentomlPython } from './peer.js'

/** What `bentoml containerize` does before it calls a builder (`_internal/container/__init__.py`). */
const GENERATE = `
import sys
from pathlib import Path
from _bentoml_impl.docker import generate_dockerfile
from bentoml._internal.bento.bento import BaseBentoInfo
from bentoml._internal.container import split_envs_by_stage

bento = Path(sys.argv[1])
with open(bento / "bento.yaml", "rb") as file:
    info = BaseBentoInfo.from_yaml_file(file)
envs, secrets = split_envs_by_stage(info.envs)
print(generate_dockerfile(info.image, bento, enable_buildkit=True, add_header=False, envs=envs, secret_envs=secrets))
`

describeNeeding(bentomlMissing, "BentoML's Dockerfile of a bento of ours", () => {
  async function generated(options: Partial<PackageOptions>): Promise<string> {
    const { path } = await packageService(builtService().snapshot, packageOptions(scratchHome(), options))
    const { status, stdout, stderr } = spawnSync(bentomlPython as string, ['-c', GENERATE, path], { encoding: 'utf8' })
    expect({ status, stderr }).toMatchObject({ status: 0 })
    return stdout
  }

  // BentoML itself does not keep values on their lines (#5656), so that what we let through must stay there.
  it('has the same instructions whatever its variables and labels hold', async () => {
    const odd = [
      '"; RUN id; "',
      "it's",
      `$HOME \${PATH} $(id) \`id\``,
      '\\',
      "a\\'\\",
      '# x',
      '<<EOF',
      '{{ 7 * 7 }}',
      ' x ',
    ]
    const envs = odd.map((value, index) => ({ name: `V${index}`, value, stage: 'all' as const }))
    const secrets = odd.map((value, index) => ({ name: `S${index}`, value, stage: 'build' as const }))
    const labels = { 'a b': 'x\nRUN id' }
    const plain = await generated({ envs: [...envs, ...secrets].map(env => ({ ...env, value: 'plain' })) })
    const dockerfile = await generated({ envs: [...envs, ...secrets], labels })
    expect(instructionWords(dockerfile)).toEqual(instructionWords(plain))
    for (const { name, value } of envs) {
      const { rest = '' } = instructions(dockerfile).find(one => one.word === 'ARG' && one.rest.startsWith(name)) ?? {}
      // What Python's shlex quotes is read by Docker as a shell would.
      expect(spawnSync('sh', ['-c', `${rest}; printf %s "$${name}"`], { encoding: 'utf8' }).stdout).toBe(value)
    }
  })

  it('runs the commands of the bento, each on its line, and needs no Python', async () => {
    const image = {
      ...DEFAULT_IMAGE,
      distro: 'alpine' as const,
      systemPackages: ['ffmpeg'],
      commands: ['echo first', 'echo "second" # here'],
      postCommands: ['echo third'],
    }
    const runs = instructions(await generated({ image })).filter(({ word }) => word === 'RUN')
    expect(runs.map(({ rest }) => rest.trim()).filter(rest => /^(apk|echo)/.test(rest))).toEqual([
      'apk add --no-cache ffmpeg',
      'echo first',
      'echo "second" # here',
      'echo third',
    ])
    expect(runs.some(({ rest }) => rest.includes('cp env/docker/no-python.sh /usr/local/sbin/uv'))).toBe(true)
  })
})
