import type { Ask } from '../../state/asks.ts'
import type { Decision } from '../../state/decisions.ts'

/** The rule that answers where no person does, in words. */
export const RULE = 'approves `node --test FILE…` with files of the workspace, rejects everything else'

// Plain words only: nothing that a shell would take for more than one command, no other flag, no way out of the workspace.
const TEST_RUN = /^node --test(?: --test-reporter=\w+)?(?: (?!\S*\.\.)\w[\w./-]*)+$/

/** Answers an ask by the rule. */
export function byRule({ kind, tool, args }: Pick<Ask, 'kind' | 'tool' | 'args'>): Decision {
  const { command, cwd = '.' } = (args ?? {}) as { command?: unknown; cwd?: unknown }
  if (kind === 'permission' && tool === 'shell' && cwd === '.' && typeof command === 'string' && TEST_RUN.test(command))
    return { kind: 'approve', scope: 'once' }
  return { kind: 'reject', reason: `nobody is there to ask; the rule that stands in ${RULE}` }
}
