/** The bytes of a POST that asks for server-sent events: the body is an operation as JSON, in ASCII. */
export const eventStreamRequest = (token: string, body: string): string =>
  [
    'POST /graphql HTTP/1.1',
    'host: localhost',
    `authorization: Bearer ${token}`,
    'accept: text/event-stream',
    'content-type: application/json',
    `content-length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
