import { RuntimeError } from '../../state/errors.ts'

/** Why no answer comes any more. What we found wrong with the stream ourselves says more. */
export function brokenConnection(cause: unknown): RuntimeError {
  if (cause instanceof RuntimeError) return cause
  return new RuntimeError('MCP_UNAVAILABLE', 'the connection broke before its answer came', { cause })
}
