import {
  type ConversationUser,
  forbidden,
  type MarkerPlace,
  notFound,
  type ViewerStateReader,
} from '@cpc-messenger/messenger'
import DataLoader from 'dataloader'
import { keysAtOnce } from '../reads/keys-at-once.ts'

const textOf = ({ conversationId, userId }: ConversationUser): string => `${conversationId} ${userId}`

/** The place of a marker that a member may move. */
export interface MemberPlace extends MarkerPlace {
  readonly joinedSequence: number
}

/** Reads the places of markers: those that are requested in one tick of the event loop in one statement. */
export class MarkerPlaces {
  readonly #loader: DataLoader<ConversationUser, MarkerPlace | undefined>

  constructor(reader: Pick<ViewerStateReader, 'places'>) {
    this.#loader = new DataLoader<ConversationUser, MarkerPlace | undefined>(
      async pairs => {
        const places = new Map((await reader.places(pairs)).map(place => [textOf(place.state), place]))
        return pairs.map(pair => places.get(textOf(pair)))
      },
      { cache: false, maxBatchSize: keysAtOnce },
    )
  }

  /** Rejects with NOT_FOUND, or with FORBIDDEN if the user may read the conversation without being a member. */
  async require(pair: ConversationUser): Promise<MemberPlace> {
    const place = await this.#loader.load(pair)
    if (place === undefined) throw notFound('conversation')
    const { joinedSequence } = place
    if (joinedSequence !== null) return { ...place, joinedSequence }
    if (place.kind !== 'CHANNEL') throw notFound('conversation')
    throw forbidden('Join this conversation first: only its members may do this.')
  }
}
