import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  type ClientFrame,
  clientFrameSchemas,
  type EventFrame,
  type EventWithRow,
  encodeClientFrame,
  encodeServerFrame,
  eventFrameSchemas,
  parseClientFrame,
  parseServerFrame,
  type ServerFrame,
  serverFrameSchemas,
  toEventFrame,
} from '../src/index.ts'

interface EventVector extends EventWithRow {
  readonly name: string
  readonly frame: EventFrame
}

/** `oneWay`: is parsed, but is written differently. */
interface FrameVector<Frame> {
  readonly text: string
  readonly frame: Frame
  readonly oneWay?: boolean
}

interface FaultVector {
  readonly text: string
  readonly fault: 'malformed' | 'refused'
  readonly type?: string
  readonly id?: string
  readonly field?: string
}

const read = <Vector>(file: string): readonly Vector[] =>
  JSON.parse(readFileSync(new URL(`../vectors/${file}`, import.meta.url), 'utf8')) as readonly Vector[]

const typesOf = (frames: readonly { readonly type: string }[]) =>
  [...new Set(frames.map(({ type }) => type))].toSorted()

describe('events of the log', () => {
  const vectors = read<EventVector>('events.json')

  it.each(vectors)('$name', vector => {
    expect(toEventFrame(vector)).toStrictEqual(vector.frame)
    expect(parseServerFrame(encodeServerFrame(vector.frame))).toStrictEqual(vector.frame)
  })

  it('are all there', () => {
    expect(typesOf(vectors.map(({ event }) => event))).toEqual(Object.keys(eventFrameSchemas).toSorted())
  })

  it('without their row throw', () => {
    const [{ event } = { event: undefined }] = vectors
    if (event === undefined) throw new Error('no vector')
    expect(() => toEventFrame({ event })).toThrow(TypeError)
  })
})

describe('frames of the server', () => {
  const vectors = read<FrameVector<ServerFrame>>('server-frames.json')

  it.each(vectors)('$text', ({ text, frame, oneWay }) => {
    expect(parseServerFrame(text)).toEqual(frame)
    if (oneWay !== true) expect(encodeServerFrame(frame)).toBe(text)
  })

  it('are all there', () => {
    const known = vectors.map(({ frame }) => frame).filter(({ type }) => Object.hasOwn(serverFrameSchemas, type))
    expect(typesOf(known)).toEqual(Object.keys(serverFrameSchemas).toSorted())
  })

  it.each(['', 'x', '7', 'null', '[]', '{}', '{"type":7}'])('%j is none', text => {
    expect(() => parseServerFrame(text)).toThrow(TypeError)
  })
})

describe('frames of a client', () => {
  const vectors = read<FrameVector<ClientFrame> | FaultVector>('client-frames.json')
  const good = vectors.filter(vector => 'frame' in vector)
  const bad = vectors.filter(vector => 'fault' in vector)

  it.each(good)('$text', ({ text, frame, oneWay }) => {
    const parsed = parseClientFrame(text)
    if ('fault' in parsed) throw new Error(parsed.message)
    expect(JSON.parse(encodeClientFrame(parsed))).toEqual(frame)
    if (oneWay !== true) expect(encodeClientFrame(frame)).toBe(text)
  })

  it.each(bad)('$text is $fault', ({ text, ...fault }) => {
    expect(parseClientFrame(text)).toEqual({ ...fault, message: expect.any(String) })
  })

  it('are all there', () => {
    expect(typesOf(good.map(({ frame }) => frame))).toEqual(Object.keys(clientFrameSchemas).toSorted())
  })
})
