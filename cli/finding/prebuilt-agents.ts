import type { Agent } from '../../runtime/agent.ts'
import type { ToolSource } from '../../tools/tool-source.ts'

interface PrebuiltInit {
  readonly model?: string
  readonly sources?: readonly ToolSource[]
}
type Make = (init: PrebuiltInit) => Agent

/** The agents that come with Deputy, by the name of `--agent`; loaded only when they are needed. */
const PREBUILT = {
  team: async (): Promise<Make> => (await import('../../prebuilt/team.ts')).team,
  agent: async (): Promise<Make> => (await import('../../prebuilt/coding-agent.ts')).codingAgent
} as const

export type PrebuiltName = keyof typeof PREBUILT
export const PREBUILT_NAMES = Object.keys(PREBUILT) as readonly PrebuiltName[]

export async function prebuiltAgent(name: PrebuiltName, init: PrebuiltInit): Promise<Agent> {
  const make = await PREBUILT[name]()
  return make(init)
}
