/** A database file cannot be read, created or replaced; the message says why in one line. */
export class DataFileError extends Error {
  override readonly name = 'DataFileError'
}
