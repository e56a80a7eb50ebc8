/** A file of data cannot be read, made or put in place; the message says why in one line. */
export class DataFileError extends Error {
  override readonly name = 'DataFileError'
}
