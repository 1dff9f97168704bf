import { RuntimeError } from '../../state/errors.ts'
import type { Confinement, Sandbox } from '../../state/sandbox.ts'
import { bubblewrap, type SandboxOptions } from './bubblewrap.ts'
import { type FoundPrograms, programsHere } from './find-sandbox.ts'

/** `auto`: a sandbox where the machine has one. `require`: nothing runs without. `off`: never one. */
export type SandboxMode = 'auto' | 'require' | 'off'

/** What is run in a sandbox, as far as there is one. */
export interface Sandboxing {
  /** Whether there is one; looked at when it is first asked. */
  confinement(): Confinement
  /** The sandbox to use, if any. @throws RuntimeError SANDBOX_MISSING where there is none and one is required */
  sandbox(): Sandbox | undefined
}

export interface SandboxingInit extends SandboxOptions {
  readonly mode?: SandboxMode
  readonly find?: () => FoundPrograms
}

export function sandboxing({ mode = 'auto', find = programsHere, ...options }: SandboxingInit = {}): Sandboxing {
  return {
    confinement() {
      if (mode === 'off') return { sandboxed: false, reason: 'the sandbox is switched off' }
      const found = find()
      return 'programs' in found ? { sandboxed: true } : { sandboxed: false, reason: found.reason }
    },
    sandbox() {
      if (mode === 'off') return undefined
      const found = find()
      if ('programs' in found) return bubblewrap(found.programs, options)
      if (mode === 'auto') return undefined
      throw new RuntimeError(
        'SANDBOX_MISSING',
        `it runs in a sandbox or not at all, and there is none: ${found.reason}`
      )
    }
  }
}
