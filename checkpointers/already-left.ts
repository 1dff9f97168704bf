import { RuntimeError } from '../state/errors.ts'

/** The refusal of a tree that would take the place of one that another has taken. */
export function alreadyLeft(rootThreadId: string): RuntimeError {
  return new RuntimeError(
    'THREAD_REWOUND',
    `nothing was made: thread ${rootThreadId} was rewound at the same moment by somebody else; look at its branches, and rewind again`
  )
}
