import type { Word } from './words.ts'

/** One command that a line starts, as far as it can be read before it runs. */
export interface SimpleCommand {
  /** As it is written. */
  readonly text: string
  readonly words: readonly Word[]
  /** Why it may do more than its words say. */
  readonly opaque?: Opaque
}

export interface Opaque {
  readonly reason: string
  /** The last word that makes it so: a rule that names all words up to there has meant it. None for what no rule can mean. */
  readonly upTo?: number
}

/** A file that a line opens by itself, with `>` or `<`. */
export interface Redirection {
  readonly access: 'read' | 'write'
  readonly target: Word
}

/** All that a line of shell would do. */
export interface CommandLine {
  readonly commands: readonly SimpleCommand[]
  /** What opaque commands may start: enough to refuse by, not to allow. */
  readonly suspects: readonly SimpleCommand[]
  readonly redirections: readonly Redirection[]
}
