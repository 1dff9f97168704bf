// The three ways to answer an ask for `touch`, and what each of them has to lead to.
import type { Decision } from '../../state/decisions.ts'

export const KINDS = ['approve', 'edit', 'reject'] as const
export type Kind = (typeof KINDS)[number]

/** An edit asks for the same letter as a capital. */
export function decisionFor(kind: Kind, letter: string): Decision {
  switch (kind) {
    case 'approve':
      return { kind, scope: 'once' }
    case 'edit':
      return { kind, args: { what: letter.toUpperCase() } }
    case 'reject':
      return { kind, reason: `not ${letter}` }
  }
}

/** What is touched in consequence. */
export function ranFor(kind: Kind, letter: string): string[] {
  if (kind === 'reject') return []
  return [kind === 'edit' ? letter.toUpperCase() : letter]
}

/** What the agent that asked reads in consequence. */
export function resultFor(kind: Kind, letter: string): string {
  const [ran] = ranFor(kind, letter)
  return ran === undefined ? `REJECTED: not ${letter}` : `touched ${ran}`
}
