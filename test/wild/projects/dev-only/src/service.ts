import ms from 'ms'

export default {
  fetch: (request: Request) =>
    Response.json({ milliseconds: ms(new URL(request.url).searchParams.get('time') ?? '1s') }),
}
