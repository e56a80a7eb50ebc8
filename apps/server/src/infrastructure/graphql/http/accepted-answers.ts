import { LruCache } from '../../../services/caching/lru-cache.ts'
import { comparePreferences, MediaPreferences, type Preference } from '../../http/media-preference.ts'

export type JsonType = 'application/json' | 'application/graphql-response+json'

/** The forms of an answer that a client accepts. */
export interface AcceptedAnswers {
  /** The JSON media type that the client prefers; undefined if it accepts none. */
  readonly json: JsonType | undefined
  /** The client accepts `text/event-stream` by name. `*` is not enough: a client that expects no stream would wait for its end. */
  readonly events: boolean
  /** The client prefers events to JSON for every answer. */
  readonly onlyEvents: boolean
  /** The client is a browser that opens the URL. */
  readonly page: boolean
}

const jsonAlone: AcceptedAnswers = { json: 'application/json', events: false, onlyEvents: false, page: false }

const jsonTypes: readonly JsonType[] = ['application/json', 'application/graphql-response+json']

const isAccepted = ({ quality }: Preference): boolean => quality > 0

const read = (accept: string): AcceptedAnswers => {
  if (accept.trim() === '') return jsonAlone
  const preferences = new MediaPreferences(accept)
  const [json] = jsonTypes
    .map(type => ({ type, preference: preferences.of(type) }))
    .filter(({ preference }) => isAccepted(preference))
    .sort((one, other) => comparePreferences(one.preference, other.preference))
  const events = preferences.of('text/event-stream')
  const page = preferences.of('text/html')
  const takesEvents = events.named && isAccepted(events)
  const isBefore = (preference: Preference): boolean =>
    preference.named &&
    isAccepted(preference) &&
    (json === undefined || comparePreferences(preference, json.preference) < 0)
  return {
    json: json?.type,
    events: takesEvents,
    onlyEvents: takesEvents && events.quality > (json?.preference.quality ?? 0),
    page: isBefore(page) && (!takesEvents || comparePreferences(page, events) < 0),
  }
}

/** Clients send few different headers, each many times, so they are cached. */
const cached = new LruCache<string, AcceptedAnswers>(100)
const maxCachedLength = 200

export const acceptedAnswers = (accept = ''): AcceptedAnswers => {
  const known = cached.get(accept)
  if (known !== undefined) return known
  const answers = read(accept)
  if (accept.length <= maxCachedLength) cached.set(accept, answers)
  return answers
}
