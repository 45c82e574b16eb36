import { serve } from 'srvx/node'

export async function start(load: () => Promise<{ default?: unknown }>): Promise<void> {
  const module = await load()
  serve({ fetch: module.default as () => Response })
}
