const headersEnd = '\r\n\r\n'
const lastChunk = '0\r\n\r\n'

/**
 * The length of the first complete response in `text`, with its status and body; undefined while it is not complete.
 */
export const firstAnswer = (
  text: string,
): { readonly length: number; readonly status: number; readonly body: string } | undefined => {
  const head = text.indexOf(headersEnd)
  if (head < 0) return undefined
  const start = head + headersEnd.length
  const headers = text.slice(0, head).toLowerCase()
  const length = /\r\ncontent-length: *(\d+)/.exec(headers)?.[1]
  const end = length === undefined ? chunkedEnd(text, start) : start + Number(length)
  if (end === undefined || text.length < end) return undefined
  return { length: end, status: Number(headers.slice(9, 12)), body: text.slice(start, end) }
}

/** Without pipelining the last chunk is the last one received. */
const chunkedEnd = (text: string, start: number): number | undefined =>
  text.endsWith(`\r\n${lastChunk}`) || text.slice(start) === lastChunk ? text.length : undefined
