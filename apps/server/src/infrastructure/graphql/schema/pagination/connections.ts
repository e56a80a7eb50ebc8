import type { FieldRef } from '@pothos/core'
import { viewerIndependent } from '../../subscriptions/viewer-independent.ts'
import { builder, type SchemaTypes } from '../root/builder.ts'
import { type CursorList, cursorOf } from './cursors.ts'

interface PageInfo {
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  /** Cursors are encoded only if they are selected. */
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
  description: 'The position of a page in its list.',
  fields: t => ({
    hasNextPage: t.exposeBoolean('hasNextPage', {
      extensions: viewerIndependent,
      description: 'There are items after this page.',
    }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', {
      extensions: viewerIndependent,
      description: 'There are items before this page.',
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
        'The cursor to pass as `after` for the next page, usually that of the last edge; null on an empty page.',
      resolve: page => page.endCursor(),
    }),
  }),
})

type EdgeFields<Row> = PothosSchemaTypes.ObjectFieldBuilder<SchemaTypes, Edge<Row>>

/** Defines `NameConnection` and `NameEdge`; `node` defines the edge's field of that name. */
export const connectionObject = <Row extends object>(
  name: string,
  what: string,
  node: (t: EdgeFields<Row>, description: string) => FieldRef<SchemaTypes>,
) => {
  const edge = builder.objectRef<Edge<Row>>(`${name}Edge`)
  builder.objectType(edge, {
    description: `One of ${what}, with its cursor.`,
    fields: t => ({
      cursor: t.string({
        extensions: viewerIndependent,
        description: 'Opaque. For `after` and `before` of this list only.',
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
        description: 'The position of this page in the list.',
        resolve: ({ pageInfo }) => pageInfo,
      }),
    }),
  })
  return connection
}

/**
 * A page of rows with their cursors. `placeOf` returns a row's sort key. `end` is the sort key after which the next page begins, if
 * it is not that of the last row.
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
