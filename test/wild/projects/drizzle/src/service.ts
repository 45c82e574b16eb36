import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/libsql'

// Drizzle itself imports @libsql/client, an optional peer of it: no file of this service names it.
const db = drizzle(':memory:')

export default {
  async fetch(): Promise<Response> {
    const [row] = await db.all<{ answer: number }>(sql`select 6 * 7 as answer`)
    return Response.json(row)
  },
}
