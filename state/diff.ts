import { canonical } from './canonical.ts'
import type { Grant } from './grants.ts'
import { type JsonPatch, jsonPatch } from './json-patch.ts'
import type { Json, PlainMessage } from './plain.ts'
import type { Usage } from './usage.ts'

/** All that a checkpoint says, as JSON. */
export interface StateView {
  readonly messages: readonly PlainMessage[]
  /** Delegated tasks by id. */
  readonly ledger: Readonly<Record<string, Json>>
  /** The standing permissions that held then, by id. */
  readonly grants: Readonly<Record<string, Pick<Grant, 'tool' | 'argsHash' | 'scope' | 'path'>>>
  /** Of the thread, without its children. */
  readonly usage: Usage
  /** All other channels. */
  readonly channels: Readonly<Record<string, Json>>
}

/** One entry of a table. No `before` where it is new, no `after` where it is gone. */
export interface Change {
  readonly key: string
  readonly before?: Json
  readonly after?: Json
}

export interface StateDiff {
  readonly messages: {
    /** How many are in both, unchanged. */
    readonly same: number
    readonly removed: readonly PlainMessage[]
    readonly added: readonly PlainMessage[]
    readonly changed: readonly { readonly before: PlainMessage; readonly after: PlainMessage }[]
  }
  readonly ledger: readonly Change[]
  readonly grants: readonly Change[]
  readonly channels: readonly Change[]
  readonly usage: { readonly before: Usage; readonly after: Usage }
  /** RFC 6902; applied to the view before it gives the view after. */
  readonly patch: JsonPatch
}

/** How two states differ. Pure. */
export function diffOf(before: StateView, after: StateView): StateDiff {
  return {
    messages: messageChanges(before.messages, after.messages),
    ledger: changes(before.ledger, after.ledger),
    grants: changes(before.grants, after.grants),
    channels: changes(before.channels, after.channels),
    usage: { before: before.usage, after: after.usage },
    patch: jsonPatch(asJson(before), asJson(after))
  }
}

export function asJson(view: StateView): Json {
  return view as unknown as Json
}

/** Messages are known by their ids; one without is known by its words. */
function messageChanges(before: readonly PlainMessage[], after: readonly PlainMessage[]): StateDiff['messages'] {
  const keyOf = (message: PlainMessage) => (typeof message.id === 'string' ? message.id : canonical(message))
  const old = new Map(before.map((message) => [keyOf(message), message]))
  const kept = new Set(after.map(keyOf))
  const added = after.filter((message) => !old.has(keyOf(message)))
  const both = after.flatMap((message) => {
    const known = old.get(keyOf(message))
    return known ? [{ before: known, after: message }] : []
  })
  const changed = both.filter((pair) => canonical(pair.before) !== canonical(pair.after))
  const removed = before.filter((message) => !kept.has(keyOf(message)))
  return { same: both.length - changed.length, removed, added, changed }
}

function changes(before: Readonly<Record<string, Json>>, after: Readonly<Record<string, Json>>): Change[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return keys.flatMap((key) => {
    const old = Object.hasOwn(before, key) ? { before: before[key]! } : {}
    const fresh = Object.hasOwn(after, key) ? { after: after[key]! } : {}
    return canonical(old.before) === canonical(fresh.after) ? [] : [{ key, ...old, ...fresh }]
  })
}
