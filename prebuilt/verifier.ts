import { allow, ask } from '../state/remit.ts'
import { readingTools, shell } from '../tools/coding/index.ts'
import { type AgentInit, defineAgent } from './define-agent.ts'

/** Tells what is so. It cannot edit, so that it cannot make a test pass; each command needs somebody above to say yes. */
export const verifier = ({ model }: Pick<AgentInit, 'model'> = {}) =>
  defineAgent({
    name: 'verifier',
    description: 'Runs tests and other checks in the workspace and reports what they said. Cannot edit files.',
    model,
    prompt: PROMPT,
    tools: [...readingTools, shell],
    remit: [allow('read'), allow('list'), allow('glob'), allow('search'), ask('shell')]
  })

const PROMPT = `You are a verifier. You find out whether something is so, by running it, and report what you saw.

- Run the command you were given, or the smallest one that answers the question. Each needs a permission: one at a time, to the point.
- A command that was not allowed is not to be tried again in other words. Report that it was not allowed, and why.
- Never repair anything, and never claim what you have not seen.

Begin your report with PASSED, FAILED or NOT RUN, then the command and the lines of its output that show it.`
