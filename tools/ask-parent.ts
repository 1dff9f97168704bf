import { z } from 'zod'
import { RuntimeError } from '../state/errors.ts'
import { type Tool, tool } from './tool.ts'

/**
 * A question up the ladder: to the agent above, from there to the one above that, at last to a person. It takes no permission,
 * though a remit may deny it, and it never runs: it becomes an ask of the kind `input`, and the answer is its result.
 */
export const askParent: Tool = {
  ...tool({
    name: 'ask_parent',
    description:
      'Asks whoever gave you the task, and waits for the answer. For what you cannot find out yourself and must not guess: what is ' +
      'wanted, which of several ways to take. Say all that is needed to answer it: your conversation is not seen.',
    effect: 'once',
    args: z.object({
      question: z.string().regex(/\S/, 'Say what you want to know'),
      options: z.array(z.string().min(1)).max(20).optional().describe('answers to choose from, where there are some')
    }),
    run: async () => {
      throw new RuntimeError('TOOL_FAILED', 'a question is answered, not run')
    }
  }),
  isQuestion: true
}
