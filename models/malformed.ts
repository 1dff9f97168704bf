import type { BaseMessage } from '@langchain/core/messages'

/** What a model wrote where the arguments of a call belong, and why they cannot be read. */
export interface Malformed {
  readonly text: string
  readonly error: string
}

/** The unreadable arguments of a call; undefined where they were fine. */
export function malformedOf(message: BaseMessage, callId: string): Malformed | undefined {
  const malformed = message.additional_kwargs.malformed as Record<string, Malformed> | undefined
  return malformed?.[callId]
}
