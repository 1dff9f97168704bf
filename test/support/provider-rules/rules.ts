// What a provider accepts, as named rules over what it would be sent. LangChain's client makes a request of a list of messages
// before the provider sees it: each file beside this one says what its client makes of it, and checks that.
//
// The rules are those that providers publish, and where they publish none, those that their servers state in the words of
// their refusals. Each names where it was read.
import type { BaseMessage } from '@langchain/core/messages'

/** What is wrong with a request; undefined where it keeps the rule. */
export type Rule<Request> = (request: Request) => string | undefined

export interface Broken {
  readonly provider: string
  readonly rule: string
  readonly how: string
}

export interface ProviderRules {
  readonly provider: string
  readonly rules: readonly string[]
  /** Every rule that the list breaks. */
  broken(messages: readonly BaseMessage[]): Broken[]
}

interface Init<Request> {
  readonly provider: string
  /** What LangChain's client would send. What it refuses to send breaks the rule `the client takes it`. */
  sent(messages: readonly BaseMessage[]): Request
  readonly rules: Readonly<Record<string, Rule<Request>>>
}

const TAKEN = 'the client takes it'

export function providerRules<Request>({ provider, sent, rules }: Init<Request>): ProviderRules {
  return {
    provider,
    rules: Object.keys(rules),
    broken(messages) {
      let request: Request
      try {
        request = sent(messages)
      } catch (error) {
        return [{ provider, rule: TAKEN, how: String(error) }]
      }
      return Object.entries(rules).flatMap(([rule, check]) => {
        const how = check(request)
        return how === undefined ? [] : [{ provider, rule, how }]
      })
    }
  }
}

/** The first thing that is wrong with one of the items, and where it stands. */
export function firstWrong<T>(
  items: readonly T[],
  wrong: (item: T, at: number) => string | undefined
): string | undefined {
  for (const [at, item] of items.entries()) {
    const how = wrong(item, at)
    if (how !== undefined) return `${at}: ${how}`
  }
  return undefined
}

export function isBlank(text: string): boolean {
  return text.trim() === ''
}

export function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
