/** How many rooms there are and how many subscribers each has; every subscriber is in one room. */
export interface Layout {
  readonly rooms: number
  readonly size: number
}

export const oneRoom = (size: number): Layout => ({ rooms: 1, size })

/** One thing for each room. */
export const eachRoom = <Made>({ rooms }: Layout, make: (room: number) => Made): readonly Made[] =>
  Array.from({ length: rooms }, (_, room) => make(room))

const counted = (count: number, one: string, many: string): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`

export const titleOf = ({ rooms, size }: Layout): string =>
  rooms === 1 ? counted(size, 'subscriber', 'subscribers') : `${counted(rooms, 'room', 'rooms')} of ${size}`
