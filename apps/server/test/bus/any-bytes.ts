import fc from 'fast-check'

/** Bytes as a stranger may publish them: any, or any JSON. */
export const anyBytes = fc.oneof(
  fc.uint8Array(),
  fc.json().map(text => Buffer.from(text)),
)
