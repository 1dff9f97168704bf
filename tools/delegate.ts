import { z } from 'zod'
import type { ToolSpec } from '../state/context.ts'

/** The name under which the model delegates; no other tool may bear it. */
export const DELEGATE = 'delegate'

/** An agent that work can be handed to, as the model is told of it. */
export interface Delegate {
  readonly name: string
  readonly description: string
}

const Arguments = z.object({
  agent: z.string().min(1),
  task: z.string().regex(/\S/, 'Say what the agent shall do')
})

/** What the model is told of delegation. The order of the agents does not depend on how they were listed. */
export function delegateSpec(agents: readonly Delegate[]): ToolSpec {
  const ordered = agents.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return {
    name: DELEGATE,
    description: [
      'Hands a task to another agent, which works on its own and answers with its result. It sees nothing of this',
      'conversation: the task must say all that it needs. Several calls at once work side by side.',
      'Agents:',
      ...ordered.map(({ name, description }) => (description ? `- ${name}: ${description}` : `- ${name}`))
    ].join('\n'),
    schema: {
      type: 'object',
      properties: {
        agent: { type: 'string', enum: ordered.map(({ name }) => name) },
        task: { type: 'string', minLength: 1, description: 'What to do, and all that must be known for it' }
      },
      required: ['agent', 'task'],
      additionalProperties: false
    }
  }
}

/** Reads the arguments of a delegation; what is wrong comes back as words. Whether the agent exists is not asked here. */
export function delegationOf(args: unknown): { ok: true; agent: string; task: string } | { ok: false; error: string } {
  const result = Arguments.safeParse(args)
  return result.success ? { ok: true, ...result.data } : { ok: false, error: z.prettifyError(result.error) }
}
