import { createServer } from 'node:http'
import fastJson from 'fast-json-stringify'
import { listenOn } from '../peers/listen.ts'
import { answerCalls } from '../processes/answer-calls.ts'
import { openPageReader } from './page-reader.ts'
import { pageSchema } from './page-schema.ts'

export type PageCalls = {
  /** Returns the port of a server that answers every request with the page. */
  listen: { input: { readonly file: string; readonly conversationId: string }; answer: number }
}

const stringify = fastJson(pageSchema)

answerCalls<PageCalls>({
  listen({ file, conversationId }) {
    const read = openPageReader(file)
    return listenOn(
      createServer((_request, response) => {
        const body = stringify(read(conversationId))
        response.writeHead(200, {
          'content-type': 'application/json; charset=utf-8',
          'content-length': Buffer.byteLength(body),
        })
        response.end(body)
      }),
    )
  },
})
