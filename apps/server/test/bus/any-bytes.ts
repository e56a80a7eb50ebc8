import fc from 'fast-check'

/** Bytes that another process may publish: any bytes, or any JSON. */
export const anyBytes = fc.oneof(
  fc.uint8Array(),
  fc.json().map(text => Buffer.from(text)),
)
