import { createServer } from 'node:http'
import languages from 'iso-639-1'
import { guessLanguage } from './guess-language.js'

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost')
  if (url.pathname !== '/guess') return answer(response, 404, { error: 'GET /guess?text=…' })
  const code = guessLanguage(url.searchParams.get('text') ?? '')
  answer(response, 200, code === undefined ? { code: null } : { code, name: languages.getName(code) })
})

server.listen(Number(process.env.PORT ?? 3000), process.env.HOST, () => {
  console.log(`listening on port ${server.address().port}`)
})

process.once('SIGTERM', () => server.close())

function answer(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
