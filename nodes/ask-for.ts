import type { Ask } from '../state/asks.ts'
import type { Call, Judgement } from '../state/calls.ts'
import type { World } from '../state/context.ts'
import { askIdOf } from '../state/ids.ts'
import { argsHash } from '../tools/args-hash.ts'

type Asking = Extract<Judgement, { kind: 'ask' }>

/** What is asked where policy says that a call is to be asked about. */
export function askFor(call: Call, { world, judgement }: { world: World; judgement: Asking }): Ask {
  const { reason, doneBefore, untrusted } = judgement
  return {
    id: askIdOf(world.threadId, call.id),
    kind: 'permission',
    path: world.path,
    threadId: world.threadId,
    toolCallId: call.id,
    tool: call.name,
    args: call.args,
    argsHash: argsHash(call.args),
    reason,
    ...(doneBefore && { doneBefore }),
    ...(untrusted !== undefined && { untrusted })
  }
}
