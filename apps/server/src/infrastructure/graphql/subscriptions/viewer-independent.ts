import type { GraphQLField } from 'graphql'

/**
 * The extensions of a field that answers the same to every viewer who gets to it. A field without them is taken to depend
 * on who looks, so that what is forgotten costs time and leaks nothing.
 */
export const viewerIndependent = { viewerIndependent: true } as const

export const isViewerIndependent = ({ extensions }: Pick<GraphQLField<unknown, unknown>, 'extensions'>): boolean =>
  extensions.viewerIndependent === true
