// An agent of your own: npm run -s deputy -- run --agents examples/own-agent/timekeeper.ts "What time is it?"
import { z } from 'zod'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import { allow } from '../../state/remit.ts'
import { tool } from '../../tools/tool.ts'

const time = tool({
  name: 'time',
  description: 'Tells the time of day, UTC.',
  effect: 'read',
  args: z.object({}),
  run: async (_, { clock }) => new Date(clock.now()).toISOString()
})
export const timekeeper = defineAgent({ name: 'timekeeper', tools: [time], remit: [allow('time')] })
