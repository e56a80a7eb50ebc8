import type { Announcement, EventBus, MembershipNotice } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import { user } from '../backend.ts'
import { until } from '../support/until.ts'
import { Notices, newConversationId, ReceivedAnnouncements, sent } from './received-announcements.ts'

interface BusesUnderTest extends AsyncDisposable {
  /** Where things are published. */
  readonly here: EventBus
  /** Of another node, or the same bus where there is only one. */
  readonly there: EventBus
}

/** Everything published before has come: a later announcement has. */
const passed = async ({ here, there }: BusesUnderTest): Promise<void> => {
  const id = newConversationId()
  using last = new ReceivedAnnouncements(there, id)
  await last.ready
  here.publish([sent(id, 1, ['the last'])], [])
  await until(() => last.received.length > 0, 'the last announcement')
}

/** What every `EventBus` does while nothing is lost. */
export const eventBusContract = (name: string, open: () => Promise<BusesUnderTest>): void => {
  describe(`${name} as an event bus`, () => {
    it('delivers to every listener of a conversation, on every node, and to no other', async () => {
      await using buses = await open()
      const [one, other] = [newConversationId(), newConversationId()]
      using here = new ReceivedAnnouncements(buses.here, one)
      using there = new ReceivedAnnouncements(buses.there, one)
      using elsewhere = new ReceivedAnnouncements(buses.there, other)
      await Promise.all([here.ready, there.ready, elsewhere.ready])
      const announcements = [sent(one, 1, ['first', 'second']), sent(one, 3, ['third 👍'])]
      buses.here.publish(announcements, [])
      expect(here.received).toEqual(announcements)
      await passed(buses)
      expect(there.received).toEqual(announcements)
      expect(here.received).toEqual(announcements)
      expect(elsewhere.received).toEqual([])
    })

    it('sends membership notices to a user with any valid id', async () => {
      await using buses = await open()
      const userIds = ['alice', 'a.b.*', '.', 'Alice', '*', '~!"#$%&/()=?', 'x'.repeat(128)].map(user)
      const listening = userIds.map(id => new Notices(buses.there, id))
      await Promise.all(listening.map(({ ready }) => ready))
      const notices = userIds.map((userId, index): MembershipNotice => {
        return { userId, conversationId: newConversationId(), sequence: index + 1 }
      })
      buses.here.publish([], notices)
      await passed(buses)
      expect(listening.map(({ received }) => received)).toEqual(notices.map(notice => [notice]))
      for (const each of listening) each[Symbol.dispose]()
    })

    it('delivers once to each of several listeners, and to none after it is disposed of', async () => {
      await using buses = await open()
      const id = newConversationId()
      using first = new ReceivedAnnouncements(buses.there, id)
      const second = new ReceivedAnnouncements(buses.there, id)
      await Promise.all([first.ready, second.ready])
      buses.here.publish([sent(id, 1, ['one'])], [])
      await passed(buses)
      second[Symbol.dispose]()
      second[Symbol.dispose]()
      buses.here.publish([sent(id, 2, ['two'])], [])
      await passed(buses)
      expect([first.received.length, second.received.length]).toEqual([2, 1])
      first[Symbol.dispose]()
      using again = new ReceivedAnnouncements(buses.there, id)
      await again.ready
      buses.here.publish([sent(id, 3, ['three'])], [])
      await passed(buses)
      expect([first.received.length, again.received.length]).toEqual([2, 1])
    })

    it('treats one listener that subscribed twice as two', async () => {
      await using buses = await open()
      const id = newConversationId()
      const received: Announcement[] = []
      const listener = { receive: (each: Announcement) => void received.push(each), advance: () => undefined }
      using _first = buses.there.subscribe(id, listener)
      using second = buses.there.subscribe(id, listener)
      await second.ready
      buses.here.publish([sent(id, 1, ['one'])], [])
      await passed(buses)
      expect(received).toHaveLength(2)
    })

    it('continues when a listener throws', async () => {
      await using buses = await open()
      const id = newConversationId()
      const failing = {
        receive: () => {
          throw new Error('a listener of the test')
        },
        advance: () => undefined,
      }
      using _failing = buses.there.subscribe(id, failing)
      using subscriber = new ReceivedAnnouncements(buses.there, id)
      await subscriber.ready
      buses.here.publish([sent(id, 1, ['one'])], [])
      buses.here.publish([sent(id, 2, ['two'])], [])
      await passed(buses)
      expect(subscriber.received).toHaveLength(2)
    })

    it('delivers in order what one node publishes, many in one turn', async () => {
      await using buses = await open()
      const id = newConversationId()
      using subscriber = new ReceivedAnnouncements(buses.there, id)
      await subscriber.ready
      for (let sequence = 1; sequence <= 1000; sequence += 1) buses.here.publish([sent(id, sequence, ['text'])], [])
      await passed(buses)
      const sequences = (subscriber.received as Announcement[]).map(({ events }) => events[0]?.sequence)
      expect(sequences).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1))
    })

    it('announces at least the head of a log whose events are too large to send', async () => {
      await using buses = await open()
      const id = newConversationId()
      using subscriber = new ReceivedAnnouncements(buses.there, id)
      await subscriber.ready
      const large = sent(
        id,
        5,
        Array.from({ length: 20 }, () => 'x'.repeat(10_000)),
      )
      buses.here.publish([large, sent(id, 25, ['small'])], [])
      await passed(buses)
      expect(subscriber.received).toHaveLength(2)
      expect([24, large]).toContainEqual(subscriber.received[0])
    })

    it('is up, and delivers what is published after a subscription is ready', async () => {
      await using buses = await open()
      expect([buses.here.state, buses.there.state]).toEqual(['up', 'up'])
      for (let round = 0; round < 20; round += 1) {
        const id = newConversationId()
        using subscriber = new ReceivedAnnouncements(buses.there, id)
        await subscriber.ready
        buses.here.publish([sent(id, 1, ['one'])], [])
        await until(() => subscriber.received.length === 1, 'the announcement')
      }
    })
  })
}
