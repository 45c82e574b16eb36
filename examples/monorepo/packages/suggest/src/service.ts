import { nearest, type Suggestion } from '@monorepo/words'
import { Hono } from 'hono'

const WORDS = ['bento', 'bench', 'beacon', 'model', 'modal', 'metal', 'serve', 'server', 'sieve', 'store', 'stone']

const app = new Hono()

app.get('/suggest/:word', context => {
  const suggestions: Suggestion[] = nearest(context.req.param('word').toLowerCase(), WORDS)
  return context.json({ suggestions })
})

export default app
