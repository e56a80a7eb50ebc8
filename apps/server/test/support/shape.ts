/** What a deployment is in this run: one node with SQLite, or three nodes with PostgreSQL and NATS. */
export type Shape = 'node' | 'cluster'

const shapeOf = (name: string): Shape => {
  if (name === 'node' || name === 'cluster') return name
  throw new TypeError(`SHAPE must be node or cluster, not ${name}`)
}

export const shape: Shape = shapeOf(process.env.SHAPE ?? 'node')
