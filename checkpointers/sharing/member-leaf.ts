import { decode } from '../encoding.ts'
import { type BareKind, bareIn, bareKindOf, type Said } from './bare-messages.ts'
import { learnRow, saidByRow } from './bare-rows.ts'
import type { KeptLeaf } from './kept.ts'
import { type MessageShape, shapeOf } from './message-shape.ts'
import { range } from './parts.ts'

/**
 * What is known of a member of lists that is stored under its number, of its JSON; `open` has what lies elsewhere.
 * @throws Error where it is damaged
 */
export function memberLeaf(member: number, { json, open }: Source): KeptLeaf {
  const known = saidByRow(json, open)
  if (known) return new Member(member, known)
  const tree = JSON.parse(json)
  const said = bareIn(tree, open)
  if (said) {
    learnRow(json, said)
    return new Member(member, said)
  }
  const value = decode(tree, open)
  const bare = bareKindOf(value)
  if (bare) {
    const { content, id } = value as Said
    return new Member(member, { bare, content, id })
  }
  return new Member(member, { value, shape: shapeOf(value) })
}

interface Source {
  readonly json: string
  readonly open: (place: number) => unknown
}

type Given = Partial<Pick<Member, 'bare' | 'shape' | 'content' | 'id' | 'value'>>

/** A class, so that all are made alike: they are looked at one after the other, thousands at a time. */
class Member implements KeptLeaf {
  readonly kind = 'leaf'
  readonly bare: BareKind | undefined
  readonly shape: MessageShape | undefined
  readonly content: string
  readonly id: unknown
  readonly member: number
  readonly #value: unknown

  constructor(member: number, { bare, shape, content = '', id, value }: Given) {
    this.bare = bare
    this.shape = shape
    this.content = content
    this.id = id
    this.member = member
    this.#value = value
  }

  get value(): unknown {
    return this.bare ? new this.bare.Message(this) : this.#value
  }

  get tree(): unknown {
    return range(this.member, 1).tree
  }
}
