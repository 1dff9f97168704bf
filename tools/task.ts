import { z } from 'zod'
import type { ToolSpec } from '../state/context.ts'
import { TaskOperation } from '../state/task-operations.ts'
import type { Delegate } from './delegate.ts'

/** The name under which the model looks after background tasks; no other tool of an agent that has them may bear it. */
export const TASK = 'task'

/** What the model is told of background tasks: one flat object, since not every provider takes a union. */
export function taskSpec(agents: readonly Delegate[]): ToolSpec {
  const names = agents.map(({ name }) => name).sort()
  const string = { type: 'string', minLength: 1 }
  const ids = { type: 'array', items: string, minItems: 1 }
  return {
    name: TASK,
    description: [
      'Tasks in the background: other agents work on them while you go on. What a task comes to is reported to you once, by',
      'itself or as the result of a wait. The agents are those of "delegate". By op:',
      '- start, with tasks: hands out one task or several, and answers at once with their ids.',
      '- status: how they stand. With ids, or of all.',
      '- wait: until all of them (until: "all") or any ("any") have ended, with their results. With ids, or for all that are',
      '  open. When timeoutMs is over it answers with how they stand, and they work on.',
      '- send, with id and text: a word to an agent at work, or, when it has ended, the next thing for it to do: it still',
      '  knows what it did.',
      '- cancel, with ids.'
    ].join('\n'),
    schema: {
      type: 'object',
      properties: {
        op: { type: 'string', enum: ['start', 'status', 'wait', 'send', 'cancel'] },
        tasks: {
          type: 'array',
          minItems: 1,
          items: {
            type: 'object',
            properties: { agent: { type: 'string', enum: names }, task: string },
            required: ['agent', 'task'],
            additionalProperties: false
          }
        },
        ids,
        id: string,
        text: string,
        until: { type: 'string', enum: ['all', 'any'] },
        timeoutMs: { type: 'integer', minimum: 0 },
        reason: { type: 'string' }
      },
      required: ['op'],
      additionalProperties: false
    }
  }
}

/** Reads the arguments of a call; what is wrong comes back as words. */
export function operationOf(args: unknown): { ok: true; operation: TaskOperation } | { ok: false; error: string } {
  const result = TaskOperation.safeParse(args)
  return result.success ? { ok: true, operation: result.data } : { ok: false, error: z.prettifyError(result.error) }
}
