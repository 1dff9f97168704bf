// The port to what the platform has for running commands that nobody has read: `tools/sandbox/` implements it.
import type { Readable } from 'node:stream'

/** A program with its arguments. Never a line for a shell: nothing in it is read as syntax. */
export type Argv = readonly [program: string, ...args: string[]]

/** What is to run, as it would run without a sandbox. */
export interface Unconfined {
  readonly argv: Argv
  readonly env: NodeJS.ProcessEnv
  /** The real path of the one directory that it may change. */
  readonly workspace: string
  /** A real path inside of the workspace. */
  readonly cwd: string
}

/** Looks after a sandbox from outside, while what is in it runs. */
export interface Guard {
  /** Settles with the words for a limit of the sandbox, should one be passed. */
  readonly passed: Promise<string>
  /** Ends all that is in the sandbox, whatever it did to get away: asked first, after `graceMs` without being asked. */
  end(graceMs: number): Promise<void>
  /** Takes timers away. */
  dispose(): void
}

/** The same, as it enters the sandbox. Good for one start. */
export interface Confined {
  readonly argv: Argv
  readonly env: NodeJS.ProcessEnv
  /** Given what comes out of file descriptor 3 of the process that was started. */
  guard(info: Readable): Guard
  /** After the end: what was set up for this start is taken away. */
  release(): Promise<void>
}

export interface Sandbox {
  /** What it is called where somebody asks: `bubblewrap`. */
  readonly name: string
  /** @throws RuntimeError SANDBOX_MISSING where this cannot be confined */
  confine(command: Unconfined): Promise<Confined>
}

/** Whether what a tool or a hook runs is confined; if not, why. */
export type Confinement = { readonly sandboxed: true } | { readonly sandboxed: false; readonly reason: string }
