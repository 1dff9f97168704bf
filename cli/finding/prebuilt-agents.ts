import type { Agent } from '../../runtime/agent.ts'

type Make = (init: { model?: string }) => Agent

/** The agents that come with Deputy, by the name of `--agent`; loaded only when they are needed. */
const PREBUILT = {
  team: async (): Promise<Make> => (await import('../../prebuilt/team.ts')).team,
  agent: async (): Promise<Make> => (await import('../../prebuilt/coding-agent.ts')).codingAgent
} as const

export type PrebuiltName = keyof typeof PREBUILT
export const PREBUILT_NAMES = Object.keys(PREBUILT) as readonly PrebuiltName[]

export async function prebuiltAgent(name: PrebuiltName, { model }: { model?: string | undefined }): Promise<Agent> {
  const make = await PREBUILT[name]()
  return make(model === undefined ? {} : { model })
}
