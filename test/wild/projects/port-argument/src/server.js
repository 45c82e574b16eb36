import { createServer } from 'node:http'
import { program } from 'commander'

const { port, greeting } = program
  .requiredOption('--port <number>', 'port to listen on', Number)
  .option('--greeting <word>', 'how to greet', 'hello')
  .parse()
  .opts()

createServer((_request, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ greeting, fromEnvironment: process.env.WILD ?? null }))
}).listen(port)
