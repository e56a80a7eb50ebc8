/** The data cannot be moved to another database; the message says why in one line. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
}
