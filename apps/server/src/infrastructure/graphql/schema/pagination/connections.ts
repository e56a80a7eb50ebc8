import type { FieldRef } from '@pothos/core'
import { viewerIndependent } from '../../subscriptions/viewer-independent.ts'
import { builder, type SchemaTypes } from '../root/builder.ts'
import { type CursorList, cursorOf } from './cursors.ts'

export interface PageInfo {
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  /** Cursors are made for whoever asks for them. */
  startCursor(): string | null
  endCursor(): string | null
}

export interface Edge<Row> {
  cursor(): string
  readonly node: Row
}

export interface Connection<Row> {
  readonly edges: readonly Edge<Row>[]
  readonly pageInfo: PageInfo
}

const PageInfoObject = builder.objectRef<PageInfo>('PageInfo').implement({
  description: 'Where a page stands in its list.',
  fields: t => ({
    hasNextPage: t.exposeBoolean('hasNextPage', {
      extensions: viewerIndependent,
      description: 'The list goes on after this page.',
    }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', {
      extensions: viewerIndependent,
      description: 'The list has something before this page.',
    }),
    startCursor: t.string({
      extensions: viewerIndependent,
      nullable: true,
      description: 'The cursor of the first edge; null on an empty page.',
      resolve: page => page.startCursor(),
    }),
    endCursor: t.string({
      extensions: viewerIndependent,
      nullable: true,
      description:
        'The cursor after which the next page begins, that of the last edge as a rule; null on an empty page.',
      resolve: page => page.endCursor(),
    }),
  }),
})

type EdgeFields<Row> = PothosSchemaTypes.ObjectFieldBuilder<SchemaTypes, Edge<Row>>

/** `NameConnection` and `NameEdge`; `node` makes the edge's own field of that name. */
export const connectionObject = <Row extends object>(
  name: string,
  what: string,
  node: (t: EdgeFields<Row>, description: string) => FieldRef<SchemaTypes>,
) => {
  const edge = builder.objectRef<Edge<Row>>(`${name}Edge`)
  builder.objectType(edge, {
    description: `One of ${what}, with its place in the list.`,
    fields: t => ({
      cursor: t.string({
        extensions: viewerIndependent,
        description: 'Opaque; names this place in this one list, for `after` and `before`.',
        resolve: edge => edge.cursor(),
      }),
      node: node(t, `One of ${what}.`),
    }),
  })
  const connection = builder.objectRef<Connection<Row>>(`${name}Connection`)
  builder.objectType(connection, {
    description: `A page of ${what}.`,
    fields: t => ({
      edges: t.field({
        extensions: viewerIndependent,
        type: [edge],
        description: 'In the order of the list.',
        resolve: ({ edges }) => edges,
      }),
      pageInfo: t.field({
        extensions: viewerIndependent,
        type: PageInfoObject,
        description: 'Where this page stands in the list.',
        resolve: ({ pageInfo }) => pageInfo,
      }),
    }),
  })
  return connection
}

/**
 * The page's rows with their cursors; `placeOf` names a row's place in the list. `end` is where the list goes on where that
 * is not the last row's place.
 */
export const connectionOf = <Row>(
  rows: readonly Row[],
  list: CursorList,
  placeOf: (row: Row) => readonly (string | number)[],
  more: { readonly next: boolean; readonly previous: boolean },
  end?: readonly (string | number)[],
): Connection<Row> => {
  const edges = rows.map(node => ({ node, cursor: () => cursorOf(list, placeOf(node)) }))
  return {
    edges,
    pageInfo: {
      hasNextPage: more.next,
      hasPreviousPage: more.previous,
      startCursor: () => edges[0]?.cursor() ?? null,
      endCursor: () => (end === undefined ? (edges.at(-1)?.cursor() ?? null) : cursorOf(list, end)),
    },
  }
}
