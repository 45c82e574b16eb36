import { createServer } from 'node:http'
import { customAlphabet } from 'nanoid'

const id = customAlphabet('ab', 8)

export function listen(guard: string): void {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ guard, id: id() }))
  })
  server.listen(Number(process.env.PORT ?? 3000), process.env.HOST)
}
