import type { GraphQLField } from 'graphql'

/**
 * The extensions of a field that has the same value for every viewer who may see it. A field without them is taken to depend
 * on the viewer, so that an omission costs time and leaks nothing.
 */
export const viewerIndependent = { viewerIndependent: true } as const

/**
 * The extensions of a field that has the same value for every viewer, except for some objects: for those it reads the viewer,
 * and the item is executed for each viewer.
 */
export const mostlyViewerIndependent = { viewerIndependent: true, mayReadViewer: true } as const

export const mayReadViewer = ({ extensions }: Pick<GraphQLField<unknown, unknown>, 'extensions'>): boolean =>
  extensions.mayReadViewer === true

export const isViewerIndependent = ({ extensions }: Pick<GraphQLField<unknown, unknown>, 'extensions'>): boolean =>
  extensions.viewerIndependent === true
