// Calls told while the model still writes them.
// T1. A call is told of when its id and name are known, and in the order of the reply: until then its text waits.
// T2. Told text never ends in the middle of a character: a half of a pair waits for the other one.
import type { CallPiece } from '../state/context.ts'
import type { WrittenCall } from './call-assembly.ts'
import type { CallIdentities } from './call-identities.ts'

interface Parts {
  readonly calls: readonly WrittenCall[]
  readonly identify: CallIdentities
  readonly tell: (piece: CallPiece) => void
}

/** Tells what is new of the calls, each time that it is called. */
export function tellingCalls({ calls, identify, tell }: Parts): (messageId: string | undefined) => void {
  /** How much of each call was told of. */
  const told: number[] = []

  function begin(messageId: string | undefined): void {
    for (let place = told.length; place < calls.length; place++) {
      const call = calls[place]!
      if (call.id === undefined || call.name === '') return
      tell({ kind: 'started', ...identify(call, { place, messageId }) })
      told.push(0)
    }
  }

  return (messageId) => {
    begin(messageId)
    for (const [place, from] of told.entries()) {
      const { text } = calls[place]!
      const to = endOfWhole(text)
      if (to <= from) continue
      tell({ kind: 'text', id: identify(calls[place]!, { place, messageId }).id, text: text.slice(from, to) })
      told[place] = to
    }
  }
}

function endOfWhole(text: string): number {
  const last = text.charCodeAt(text.length - 1)
  return last >= 0xd800 && last <= 0xdbff ? text.length - 1 : text.length
}
