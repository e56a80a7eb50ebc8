import { badInput, type Json } from '@cpc-messenger/messenger'

const metadataBytes = 4096
/** Half of a surrogate pair, and a NUL, as escaped by JSON: after an odd number of backslashes. */
const half = /(?<!\\)(?:\\\\)*\\ud[89a-f]/i
const nul = /(?<!\\)(?:\\\\)*\\u0000/

/** Refuses metadata of more than 4 KiB as JSON in UTF-8, or with a NUL in one of its texts. */
export const requireMetadata = (metadata: Json): Json => {
  const text = JSON.stringify(metadata)
  if (Buffer.byteLength(text) > metadataBytes) throw badInput('metadata', 'metadata is larger than 4 KiB.')
  if (nul.test(text) || half.test(text))
    throw badInput('metadata', 'metadata holds a NUL character or half of a surrogate pair.')
  return metadata
}
