import type { GraphQLField } from 'graphql'

/**
 * The extensions of a field that has the same value for every viewer who may see it. A field without them is taken to depend
 * on the viewer, so that an omission costs time and leaks nothing.
 */
export const viewerIndependent = { viewerIndependent: true } as const

export const isViewerIndependent = ({ extensions }: Pick<GraphQLField<unknown, unknown>, 'extensions'>): boolean =>
  extensions.viewerIndependent === true
