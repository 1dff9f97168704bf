import { HumanMessage } from '@langchain/core/messages'
import { Command } from '@langchain/langgraph'
import type { AgentState } from '../../state/agent.ts'
import { type Ask, type AskRecord, Waiting } from '../../state/asks.ts'
import type { Decision, Decisions } from '../../state/decisions.ts'
import { lastWords } from '../../state/messages.ts'
import type { Task } from '../../state/task-ledger.ts'
import { strangersIn } from '../../state/untrusted.ts'
import { NO_USAGE } from '../../state/usage.ts'
import type { Dialect } from '../agent.ts'

/** The graphs of `graphs/`: a thread waits with one interrupt that lists its asks, and is resumed with decisions by ask id. */
export const deputyDialect: Dialect = {
  input(task, { id, limit, untrusted } = {}) {
    const additional_kwargs = { ...(limit && { wrapUp: true, limit }), ...(untrusted && { untrusted }) }
    const message = new HumanMessage({ content: task, ...(id && { id }), additional_kwargs })
    // What the turn before was waiting to try again is not this one's.
    return { messages: [message], retry: null }
  },

  partial: (values) => lastWords((values as Partial<AgentState> | undefined)?.messages ?? []),

  outcome(values) {
    const { outcome } = (values ?? {}) as Partial<AgentState>
    if (outcome?.status === 'completed' || outcome?.status === 'failed') return outcome
    return { status: 'failed', error: { code: 'RUN_FAILED', message: 'the graph ended without an outcome' } }
  },

  untrusted(values) {
    const { messages = [], ledger = {} } = (values ?? {}) as Partial<AgentState>
    return strangersIn({ messages, ledger })
  },

  woken: new Command({ goto: 'attend' }),

  usage: (values) => (values as Partial<AgentState> | undefined)?.usage ?? NO_USAGE,

  asks: (interrupts) =>
    interrupts.flatMap(({ value }) => {
      const waiting = Waiting.safeParse(value)
      return waiting.success ? waiting.data.asks : []
    }),

  // A child's ask that is decided, or withdrawn, resumes the parent too: it has to look after that child again.
  resume(interrupts, known) {
    const values: Record<string, Decisions> = {}
    for (const { id, value } of interrupts) {
      const decisions: Decisions = {}
      for (const ask of (value as Waiting).asks) {
        const record = known.get(ask.id)
        if (record?.status === 'decided') decisions[ask.id] = decisionOn(ask, record)
      }
      if ((value as Waiting).asks.some((ask) => known.get(ask.id)?.status !== 'open')) values[id!] = decisions
    }
    return Object.keys(values).length > 0 ? values : undefined
  }
}

/** The decision, if it was made on just this; by its id alone an ask that was tampered with would be decided as well. */
function decisionOn({ tool, argsHash }: Ask, { ask, decision }: Extract<AskRecord, { status: 'decided' }>): Decision {
  if (ask.tool === tool && ask.argsHash === argsHash) return decision
  return { kind: 'reject', reason: 'the decision is for another call than this' }
}

/** The tasks that an agent of ours has delegated; none in the state of any other graph. */
export function ledgerOf(values: unknown): Task[] {
  return Object.values((values as Partial<AgentState> | undefined)?.ledger ?? {})
}
