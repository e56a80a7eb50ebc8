import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { isRecord } from '../../tables/definition/shape.ts'
import { DataFileError } from '../errors/data-file-error.ts'

const program = fileURLToPath(new URL('./scrub-process.ts', import.meta.url))

/**
 * As `scrubSqliteFile`, in a process of its own: the event loop goes on, and `signal` ends it at any moment. Returns the
 * result for the log.
 */
export const scrubInProcess = (file: string, signal: AbortSignal): Promise<object> => {
  const { promise, resolve, reject } = Promise.withResolvers<object>()
  const child = fork(program, [file], { execArgv: [], signal, killSignal: 'SIGKILL' })
  child.on('message', message => {
    if (isRecord(message) && isRecord(message.scrubbed)) resolve(message.scrubbed)
    else reject(new DataFileError(isRecord(message) ? String(message.failure) : 'The scrub sent no result.'))
  })
  child.on('error', reject)
  child.on('exit', (code, killedBy) => reject(new DataFileError(`The scrub ended early (${killedBy ?? code}).`)))
  return promise
}
