import { randomUUID } from 'node:crypto'
import type { Logger } from '../../services/telemetry/logger.ts'

/** How every protocol presents a failure of the server: it shows the client only the id of the log entry. */
interface InternalError {
  readonly code: 'INTERNAL'
  readonly message: string
  readonly errorId: string
}

/**
 * Logs a failure as `err` under a new `errorId`, and returns what may be sent to the client. `message` is the log line, one of
 * a fixed set.
 */
export const reportInternalError = (
  error: unknown,
  log: Logger,
  message: string,
  fields: Readonly<Record<string, unknown>> = {},
): InternalError => {
  const errorId = randomUUID()
  log.error({ ...fields, err: error, errorId }, message)
  return { code: 'INTERNAL', message: 'An error in the server. The server log has the details under errorId.', errorId }
}
