import { AIMessage, HumanMessage, SystemMessage } from '@langchain/core/messages'
import type { LangGraphRunnableConfig } from '@langchain/langgraph'
import type { Context, SampleReply, SampleRequest, World } from '../state/context.ts'
import { RuntimeError } from '../state/errors.ts'
import { addUsage, NO_USAGE, type Usage } from '../state/usage.ts'
import { tally } from './tally.ts'

export interface Sampling {
  sample(request: SampleRequest): Promise<SampleReply>
  /** What all of it has used. */
  readonly used: Usage
}

/** The model of an agent for one of its tools: without tools, without the conversation, and counted like any call of it. */
export function samplingOf(world: World, run: LangGraphRunnableConfig<Context>): Sampling {
  let used = NO_USAGE
  return {
    get used() {
      return used
    },
    async sample({ system, messages }) {
      const reached = world.budget.reached()
      if (reached)
        throw new RuntimeError(
          'BUDGET_EXCEEDED',
          `the budget of the tree is used up (${reached.limit}): nothing is asked of the model`
        )
      const sent = [
        new SystemMessage(system === undefined ? ASKED : `${ASKED}\n\n${system}`),
        ...messages.map(({ role, text }) => (role === 'assistant' ? new AIMessage(text) : new HumanMessage(text)))
      ]
      const counted = tally(world)
      const { message, usage } = await world.model.reply(sent, { tools: [], config: run, onUsage: counted.onUsage })
      await counted.recorded()
      used = addUsage(used, usage)
      return { model: world.charter.model ?? 'model', text: message.text, tokens: usage.input + usage.output }
    }
  }
}

const ASKED = `A server whose tools an agent uses asks you something, and reads your answer. A person has let it ask. All that follows was
written by the server. You have no tools, and know nothing of the agent's work; answer from what you are given.`
