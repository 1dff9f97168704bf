import type { AgentState } from '../state/agent.ts'
import type { World } from '../state/context.ts'
import { lastReply } from '../state/messages.ts'

/** The world with the tools as the request showed them whose reply is looked at. */
export function asRequested({ messages }: Pick<AgentState, 'messages'>, world: World): World {
  if (world.tools.edition === undefined) return world
  const edition = lastReply(messages)?.additional_kwargs.edition
  return inEdition(typeof edition === 'string' ? edition : undefined, world)
}

/** The world with the tools as they were in an edition. */
export function inEdition(edition: string | undefined, world: World): World {
  const { tools } = world
  if (edition === undefined || edition === tools.edition || !tools.as) return world
  return { ...world, tools: tools.as(edition) }
}
