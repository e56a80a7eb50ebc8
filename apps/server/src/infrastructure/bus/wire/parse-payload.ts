import { isRecord } from '../../tables/definition/shape.ts'

/** The object of a payload; undefined if it is not JSON of an object. */
export const parsePayload = (bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined => {
  try {
    const said: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString())
    return isRecord(said) ? said : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
