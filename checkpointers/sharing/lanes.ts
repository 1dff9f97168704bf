// Each list has two lanes of elements, numbered from 1 on: the members of its lists, which come one after the other so that a
// list is one range of them as long as it only grows, and everything else that is stored once.
export const PARTS = 0
export const MEMBERS = 1
export type Lane = typeof PARTS | typeof MEMBERS

/** How many elements a lane has room for; list × lane × this is still a number that JavaScript counts exactly. */
export const ROOM = 2 ** 23

/** One number for the place of an element: the elements of a lane lie beside each other, those of a list as well. */
export function elementKey({ list, lane, seq }: { list: number; lane: Lane; seq: number }): number {
  return (list * 2 + lane) * ROOM + seq
}

export function elementPlace(key: number): { lane: Lane; seq: number } {
  return { lane: Math.floor(key / ROOM) % 2 === 0 ? PARTS : MEMBERS, seq: key % ROOM }
}

/** The keys of all that lies in a lane: from the first up to and without the second. */
export function laneBounds(list: number, lane: Lane): [number, number] {
  const start = elementKey({ list, lane, seq: 0 })
  return [start, start + ROOM]
}

export function listBounds(list: number): [number, number] {
  return [laneBounds(list, PARTS)[0], laneBounds(list, MEMBERS)[1]]
}

/** @throws Error where a lane is full */
export function expectRoom(seq: number): void {
  if (seq >= ROOM) throw new Error(`a thread holds ${ROOM} values, and no more: fork it from a checkpoint`)
}
