import { scrubSqliteFile } from './scrub.ts'

/** The entry point of the process that `scrubInProcess` starts. */
const [file = ''] = process.argv.slice(2)
try {
  const scrubbed = await scrubSqliteFile({ file })
  process.send?.({ scrubbed })
} catch (error) {
  process.send?.({ failure: error instanceof Error ? error.message : String(error) })
}
if (process.connected) process.disconnect()
