import {
  type Client,
  type ClientCapabilities,
  type ElicitRequest,
  type ElicitResult,
  ProtocolError,
  ProtocolErrorCode
} from '@modelcontextprotocol/client'
import type { SampleReply, SampleRequest } from '../../state/context.ts'
import { RuntimeError } from '../../state/errors.ts'
import { type Allowance, sampledFor } from './sampling.ts'

/** What a program lets servers ask of it while a call is open. Questions of the newer revision go to the ladder instead. */
export interface Offers {
  /** Answers a question at once. Without it, a server of 2025 is told that nobody answers. */
  elicit?(request: ElicitRequest['params'], about: { server: string }): Promise<ElicitResult>
  /**
   * Answers for the model at once, to servers that may sample. Without it those of the newer revision ask the agent's model, once
   * a person has said yes, and one of 2025 is told that nobody can.
   */
  sample?(request: SampleRequest, about: { server: string }): Promise<SampleReply>
}

export interface ElicitationHandling {
  readonly capabilities: ClientCapabilities
  /** Whether what is offered may be offered. @throws RuntimeError WORKSPACE_ESCAPE, WORKSPACE_MISSING */
  checked(): Promise<void>
  register(client: Client): void
}

/** What a server may ask for by itself, in a word of ours: what it says it asks for is a stranger's text. */
export type AskedFor = 'an answer' | 'an approval' | 'sampling' | 'roots' | 'something unknown'

const BY_METHOD = new Map<string, AskedFor>([
  ['sampling/createMessage', 'sampling'],
  ['roots/list', 'roots']
])

/** What one server is offered over one connection. */
export interface Offered {
  readonly server: string
  readonly offers: Offers
  readonly allowance: Allowance | undefined
  /** None where it is not told of any. */
  readonly roots: (() => Promise<{ roots: { uri: string }[] }>) | undefined
}

/** How one connection deals with what its server asks by itself. `unanswered` is told of each request that nobody was there for. */
export function handlingOf(
  { server, offers, allowance, roots }: Offered,
  unanswered: (what: AskedFor) => void
): ElicitationHandling {
  const { elicit, sample } = offers
  return {
    capabilities: {
      elicitation: { form: { applyDefaults: true }, url: {} },
      ...(allowance && { sampling: {} }),
      ...(roots && { roots: {} })
    },
    async checked() {
      await roots?.()
    },
    register(client) {
      client.fallbackRequestHandler = async ({ method }) => {
        unanswered(BY_METHOD.get(method) ?? 'something unknown')
        throw new ProtocolError(ProtocolErrorCode.MethodNotFound, 'this is not offered')
      }
      client.setRequestHandler('elicitation/create', async ({ params }) => {
        if (elicit) return elicit(params, { server })
        unanswered('an answer')
        return { action: 'cancel' }
      })
      if (allowance)
        client.setRequestHandler('sampling/createMessage', async (request) => {
          if (sample) {
            const asked = (wanted: SampleRequest) => sample(wanted, { server })
            return sampledFor(request, { allowance, sample: asked, answer: 'unasked' }).catch(toldAs(REJECTED))
          }
          unanswered('an approval')
          throw new ProtocolError(REJECTED, 'nobody can approve this in the middle of a call')
        })
      if (roots) client.setRequestHandler('roots/list', () => roots().catch(toldAs(ProtocolErrorCode.InternalError)))
    }
  }
}

/** What the protocol calls a request for sampling that was turned down. */
const REJECTED = -1

/** Our own words are for a server to read; those of others may say too much. */
function toldAs(code: number): (thrown: unknown) => never {
  return (thrown) => {
    const words = thrown instanceof RuntimeError ? `${thrown.code}: ${thrown.message}` : 'it failed'
    throw new ProtocolError(code, words)
  }
}
