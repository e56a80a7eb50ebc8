import {
  type DeletedContent,
  type MessageContent,
  parseContent,
  type SystemContent,
  serialiseContent,
  type TextContent,
} from '@cpc-messenger/messenger'
import { type Codec, text, userId } from '../definition/codec.ts'
import { hasShape, isFlag, isListOf, isOneKind, isOneOf, isText, orNull } from '../definition/shape.ts'

const isContent = isOneKind<MessageContent>('kind', {
  text: hasShape<TextContent>({
    kind: isText,
    text: isText,
    format: isOneOf<TextContent['format']>(['PLAIN', 'MARKDOWN']),
    mentionIds: isListOf(userId.is),
    mentionsEveryone: isFlag,
  }),
  system: hasShape<SystemContent>({
    kind: isText,
    system: isOneOf<SystemContent['system']>(['CONVERSATION_CREATED', 'NAME_CHANGED', 'TOPIC_CHANGED']),
    text: isText,
    subjectIds: isListOf(userId.is),
    before: orNull(isText),
    after: orNull(isText),
  }),
  deleted: hasShape<DeletedContent>({ kind: isText }),
})

export const content: Codec<MessageContent, string> = {
  is: isContent,
  read: stored => parseContent(text.read(stored)),
  write: serialiseContent,
}
