import { pathToFileURL } from 'node:url'
import {
  type Client,
  type ClientCapabilities,
  type ElicitRequest,
  type ElicitResult,
  ProtocolError,
  ProtocolErrorCode,
  type SamplingMessage
} from '@modelcontextprotocol/client'

/** What a program lets servers ask of it while a call is open. Questions of the newer revision go to the ladder instead. */
export interface Offers {
  /** Answers a question at once. Without it, a server of 2025 is told that nobody answers. */
  elicit?(request: ElicitRequest['params'], about: { server: string }): Promise<ElicitResult>
  /** Lets servers ask the model; off where it is not given. */
  sample?(
    request: { messages: readonly SamplingMessage[]; maxTokens: number },
    about: { server: string }
  ): Promise<{ model: string; text: string }>
  /** Directories that servers are told of; none where it is not given. */
  readonly roots?: readonly string[]
}

export interface ElicitationHandling {
  readonly capabilities: ClientCapabilities
  register(client: Client): void
}

/** What a server may ask for by itself, in a word of ours: what it says it asks for is a stranger's text. */
export type AskedFor = 'an answer' | 'sampling' | 'roots' | 'something unknown'

const BY_METHOD = new Map<string, AskedFor>([
  ['sampling/createMessage', 'sampling'],
  ['roots/list', 'roots']
])

/** How one connection deals with what its server asks by itself. `unanswered` is told of each request that nobody was there for. */
export function handlingOf(
  server: string,
  { elicit, sample, roots }: Offers,
  unanswered: (what: AskedFor) => void
): ElicitationHandling {
  return {
    capabilities: {
      elicitation: { form: { applyDefaults: true }, url: {} },
      ...(sample && { sampling: {} }),
      ...(roots && { roots: {} })
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
      if (sample)
        client.setRequestHandler('sampling/createMessage', async ({ params: { messages, maxTokens } }) => {
          const { model, text } = await sample({ messages, maxTokens }, { server })
          return { model, role: 'assistant', content: { type: 'text', text } }
        })
      if (roots)
        client.setRequestHandler('roots/list', () => ({
          roots: roots.map((path) => ({ uri: pathToFileURL(path).href }))
        }))
    }
  }
}
