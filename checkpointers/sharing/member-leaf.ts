import type { KeptLeaf } from './kept.ts'
import { type MessageShape, shapeOf } from './message-shape.ts'
import { range } from './parts.ts'

/** What is known of a member of lists that is stored under its number. */
export function memberLeaf(value: unknown, member: number): KeptLeaf {
  const shape = shapeOf(value)
  const { content, id } = (shape ? value : {}) as { content?: unknown; id?: unknown }
  return new Member(value, { member, shape, content, id })
}

/** A class, so that all are made alike: they are looked at one after the other, thousands at a time. */
class Member implements KeptLeaf {
  readonly kind = 'leaf'
  readonly shape: MessageShape | undefined
  readonly content: unknown
  readonly id: unknown
  readonly value: unknown
  readonly member: number

  constructor(value: unknown, { member, shape, content, id }: Omit<Member, 'kind' | 'value' | 'tree'>) {
    this.shape = shape
    this.content = content
    this.id = id
    this.value = value
    this.member = member
  }

  get tree(): unknown {
    return range(this.member, 1).tree
  }
}
