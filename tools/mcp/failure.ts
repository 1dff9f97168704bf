import {
  InsufficientScopeError,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  UnauthorizedError
} from '@modelcontextprotocol/client'
import { messageOf, RuntimeError } from '../../state/errors.ts'
import { enveloped } from '../envelope.ts'

export interface About {
  readonly server: string
  /** Whether a call may have reached the server. */
  readonly sent?: boolean
  /** Why the connection broke, where that is known. */
  readonly broken?: Error | undefined
}

/** Whatever went wrong with a server as an error of ours. What the server said itself comes in an envelope. */
export function failureWith(thrown: unknown, about: About): RuntimeError {
  const { server, broken } = about
  const own = ownIn(thrown) ?? (isLost(thrown) ? ownIn(broken) : undefined)
  if (own) return ofServer(own, about)
  if (thrown instanceof UnauthorizedError || thrown instanceof InsufficientScopeError) return authNeeded(server, thrown)
  if (thrown instanceof ProtocolError)
    return failed('TOOL_FAILED', `the MCP server "${server}" answered with the error ${thrown.code}`, { about, thrown })
  if (thrown instanceof SdkError && thrown.code === SdkErrorCode.RequestTimeout)
    return new RuntimeError('TOOL_TIMEOUT', `the MCP server "${server}" gave no answer in time${doubt(about)}`, {
      cause: thrown
    })
  if (thrown instanceof SdkError && thrown.code === SdkErrorCode.ClientHttpAuthentication)
    return authNeeded(server, thrown)
  return failed('MCP_UNAVAILABLE', `the MCP server "${server}" is not available${doubt(about)}`, { about, thrown })
}

export function authNeeded(server: string, cause?: unknown): RuntimeError {
  const how = `\`deputy mcp auth ${server}\` gives it one`
  return new RuntimeError('MCP_AUTH_NEEDED', `the MCP server "${server}" wants an authorization; ${how}`, { cause })
}

function failed(
  code: 'TOOL_FAILED' | 'MCP_UNAVAILABLE',
  what: string,
  { about, thrown }: { about: About; thrown: unknown }
) {
  const words = enveloped(messageOf(thrown).slice(0, LONGEST_WORDS), { from: `the MCP server "${about.server}"` })
  return new RuntimeError(code, `${what}:\n${words}`, { cause: thrown })
}

const LONGEST_WORDS = 10_000

/** Ours names no server yet where it comes from below. */
function ofServer(own: RuntimeError, about: About): RuntimeError {
  const { server } = about
  if (own.message.includes(`"${server}"`)) return own
  const what = own.code === 'MCP_UNAVAILABLE' ? 'is not available' : 'failed'
  return new RuntimeError(own.code, `the MCP server "${server}" ${what}: ${own.message}${doubt(about)}`, { cause: own })
}

const doubt = ({ sent }: About): string => (sent ? '; whether the call had its effect is not known' : '')

const isLost = (thrown: unknown): boolean =>
  thrown instanceof SdkError &&
  [SdkErrorCode.ConnectionClosed, SdkErrorCode.NotConnected, SdkErrorCode.SendFailed].includes(thrown.code)

/** Others wrap what we throw. */
function ownIn(thrown: unknown): RuntimeError | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) if (error instanceof RuntimeError) return error
  return undefined
}
