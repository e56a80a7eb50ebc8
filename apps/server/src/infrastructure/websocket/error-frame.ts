import { randomUUID } from 'node:crypto'
import { Refusal } from '@cpc-messenger/messenger'
import type { ControlFrameOf, ErrorDetails } from '@cpc-messenger/protocol'
import type { Logger } from '../../services/logger.ts'

type ErrorFrame = ControlFrameOf<'Error'>

/** The answer to a frame that failed: a refusal as it is, anything else as INTERNAL under an id that the log has. */
export const errorFrame = (id: string | undefined, error: unknown, log: Logger): ErrorFrame => {
  if (error instanceof Refusal) return refusalFrame(id, error)
  const errorId = randomUUID()
  log.error({ err: error, errorId }, 'a frame could not be answered')
  return frameOf(id, 'INTERNAL', 'The server failed.', { errorId })
}

export const refusalFrame = (id: string | undefined, { code, message, details }: Refusal): ErrorFrame =>
  frameOf(id, code, message, details)

const frameOf = (
  id: string | undefined,
  code: ErrorFrame['code'],
  message: string,
  { conversationIds, ...details }: ErrorDetails,
): ErrorFrame => ({
  type: 'Error',
  id: id ?? null,
  code,
  message,
  details: conversationIds === undefined ? details : { ...details, conversationIds: [...conversationIds] },
})
