import swagger from '@fastify/swagger'
import fastify from 'fastify'
import { classify } from './classify'

const app = fastify({ logger: true })

await app.register(swagger, { openapi: { openapi: '3.1.0', info: { title: 'Iris', version: '1.0.0' } } })

app.post<{ Body: number[] }>(
  '/classify',
  {
    schema: {
      operationId: 'classify',
      description: 'Names a flower by sepal length and width, petal length and width, in centimetres.',
      body: { type: 'array', items: { type: 'number' }, minItems: 4, maxItems: 4 },
      response: {
        200: {
          description: 'Its class, with the probability of each.',
          type: 'object',
          properties: {
            label: { type: 'integer' },
            name: { type: 'string' },
            probabilities: { type: 'array', items: { type: 'number' } },
            model: { type: 'string' },
          },
        },
      },
    },
  },
  request => classify(request.body),
)

app.get('/readyz', { schema: { hide: true } }, async () => ({ ready: true }))

/** Goes into the bento, as `apis/`. */
export async function openapi() {
  await app.ready()
  return app.swagger()
}

export default app
