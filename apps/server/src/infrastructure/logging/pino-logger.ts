import { type DestinationStream, type Level, type LevelWithSilent, pino } from 'pino'
import type { Logger } from '../../services/telemetry/logger.ts'
import { redact, redactText } from './redaction.ts'

interface PinoLoggerOptions {
  readonly level: LevelWithSilent
  /** Standard output by default. */
  readonly destination?: DestinationStream
}

/** Logs one JSON object per line. Tokens and message texts are removed from the fields. */
export const pinoLogger = ({ level, destination }: PinoLoggerOptions): Logger => {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: labelled } }
  const logger = destination === undefined ? pino(options) : pino(options, destination)
  const at =
    (severity: Level) =>
    (fields: object, message: string): void => {
      if (logger.isLevelEnabled(severity)) logger[severity](redact(fields), redactText(message))
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

const labelled = (label: string) => ({ level: label })
