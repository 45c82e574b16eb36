import debug from 'debug'

// debug 2.6.9 asks for ms 2.0.0 exactly, which knows no weeks; the project's override gives it 2.1.3.
export default {
  fetch: () => Response.json({ week: debug.humanize('1w') ?? null }),
}
