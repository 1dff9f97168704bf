import { z } from 'zod'
import { type AgentInit, allow, ask, defineAgent, tool } from '../index.ts'

const args = z.object({ day: z.string() })
const free = tool({ name: 'free', description: 'Free tables', effect: 'read', args, run: async () => 'one, at 8' })
const book = tool({ name: 'book', description: 'Books one', effect: 'once', args, run: async () => 'booked' })

export const waiter = (model?: AgentInit['model']) =>
  defineAgent({
    name: 'waiter',
    prompt: 'You find a table, and book it.',
    model, // 'openai:gpt-5-mini', any LangChain model, or what DEPUTY_MODEL names
    tools: [free, book],
    remit: [allow('free'), ask('book')] // the first rule that matches decides; what none covers is asked
  })
