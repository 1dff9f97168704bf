// Calls put together from the pieces in which a model writes them.
// P1. A piece with an index belongs to the last call of that index; where both bear an id and these differ, it begins another.
// P2. A piece with an id and no index belongs to the last call of that id, or to a last call that is nothing yet but text;
//     otherwise it begins one. A piece with neither goes on with the call before it.
// P3. Text is put behind text, whatever it begins with, and is not read on the way. Only where a piece names its call once
//     more and begins another object, behind one that is whole, is it another call: nothing valid goes on like that.
// P4. The first id and the first name stand: what was told of a call is not taken back.
import type { ToolCallChunk } from '@langchain/core/messages'

/** A call as far as it is written. */
export interface WrittenCall {
  readonly id: string | undefined
  readonly name: string
  readonly text: string
}

/** The calls of one reply. Each reply has an assembly of its own: nothing is shared between two. */
export interface CallAssembly {
  add(piece: ToolCallChunk): void
  /** In the order in which they were begun. */
  readonly calls: readonly WrittenCall[]
}

interface Call {
  id: string | undefined
  readonly index: string | number | undefined
  name: string
  text: string
}

interface Piece extends Readonly<Omit<Call, 'index'>> {
  readonly index: Call['index']
}

export function callAssembly(): CallAssembly {
  const calls: Call[] = []
  let last: Call | undefined

  function callOf(piece: Piece): Call {
    const found = belonging(piece, { calls, last })
    if (found && !beginsAnother(piece, found)) return found
    const begun: Call = { id: undefined, index: piece.index, name: '', text: '' }
    calls.push(begun)
    return begun
  }

  return {
    calls,
    add(chunk) {
      const piece = pieceOf(chunk)
      const call = callOf(piece)
      call.id ??= piece.id
      call.name ||= piece.name
      call.text += piece.text
      last = call
    }
  }
}

function pieceOf({ id, name, args, index }: ToolCallChunk): Piece {
  return { id: id || undefined, name: name ?? '', index: index ?? undefined, text: textOf(args) }
}

/** Clients are typed to give text; some give the arguments as they have read them. */
function textOf(args: unknown): string {
  if (typeof args === 'string') return args
  return args === undefined || args === null ? '' : JSON.stringify(args)
}

function belonging(
  { id, index }: Piece,
  { calls, last }: { calls: readonly Call[]; last: Call | undefined }
): Call | undefined {
  if (index !== undefined) {
    const same = calls.filter((call) => call.index === index)
    return same.findLast((call) => id === undefined || call.id === undefined || call.id === id)
  }
  if (id === undefined) return last
  return (
    calls.findLast((call) => call.id === id) ?? (last && last.id === undefined && last.name === '' ? last : undefined)
  )
}

function beginsAnother(piece: Piece, call: Call): boolean {
  if (piece.id === undefined || piece.name === '' || !piece.text.trimStart().startsWith('{')) return false
  return call.id !== undefined && isWhole(call.text)
}

function isWhole(text: string): boolean {
  if (!text.trimEnd().endsWith('}')) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
