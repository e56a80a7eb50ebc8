import { describe, expect, it } from 'vitest'
import { asyncApiDocument, clientFrameSchemas, serverFrameSchemas } from '../src/index.ts'

const document = asyncApiDocument({ version: '1.2.3' })

/** Every `$ref` in the document. */
const refsIn = (value: unknown): readonly string[] => {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => (key === '$ref' ? [String(inner)] : refsIn(inner)))
}

const resolve = (ref: string): unknown =>
  ref
    .replace('#/', '')
    .split('/')
    .reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined), document)

describe('the AsyncAPI document', () => {
  it('is one of version 3', () => {
    expect(document.asyncapi).toBe('3.0.0')
    expect(document.info).toMatchObject({ version: '1.2.3', title: expect.any(String) })
    expect(document.channels.messenger.address).toBe('/ws')
    expect(document.operations.receiveFromClient.action).toBe('receive')
    expect(document.operations.sendToClient.action).toBe('send')
  })

  it('names every frame, in its channel and in its operation', () => {
    const [client, server] = [Object.keys(clientFrameSchemas), Object.keys(serverFrameSchemas)]
    expect(Object.keys(document.components.messages)).toEqual([...client, ...server])
    expect(Object.keys(document.channels.messenger.messages)).toEqual([...client, ...server])
    expect(document.operations.receiveFromClient.messages).toHaveLength(client.length)
    expect(document.operations.sendToClient.messages).toHaveLength(server.length)
  })

  it('refers to nothing that is not in it', () => {
    const refs = refsIn(document)
    expect(refs.length).toBeGreaterThan(50)
    expect(refs.filter(ref => resolve(ref) === undefined)).toEqual([])
  })

  it('describes every frame and leaves room for fields to come', () => {
    for (const message of Object.values(document.components.messages))
      expect(message).toMatchObject({ summary: expect.any(String) })
    expect(JSON.stringify(document)).not.toContain('"additionalProperties":false')
  })
})
