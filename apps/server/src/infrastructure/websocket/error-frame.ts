import { Refusal } from '@cpc-messenger/messenger'
import type { ControlFrameOf, ErrorDetails } from '@cpc-messenger/protocol'
import type { Logger } from '../../services/telemetry/logger.ts'
import { reportInternalError } from '../errors/internal-error.ts'

type ErrorFrame = ControlFrameOf<'Error'>

/** Returns the answer to a frame that failed: a refusal as it is, any other error as INTERNAL. */
export const errorFrame = (id: string | undefined, error: unknown, log: Logger): ErrorFrame => {
  if (error instanceof Refusal) return refusalFrame(id, error)
  const { code, message, errorId } = reportInternalError(error, log, 'a frame could not be answered')
  return frameOf(id, code, message, { errorId })
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
