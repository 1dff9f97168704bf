import type { Letter } from '../state/inbox.ts'
import type { InboxRows } from '../state/journal.ts'
import type { Every } from './pace.ts'

/** Looks now and then whether another process has sent something to the trees that are driven here. */
export interface Post {
  watch(rootThreadId: string): void
  leave(rootThreadId: string): void
}

export interface PostParts {
  readonly journal: InboxRows
  readonly every: Every
  readonly everyMs: number
  /** Something may have changed in the journal. */
  ring(rootThreadId: string): void
  obey(command: Letter): Promise<void>
}

const COMMANDS: ReadonlySet<Letter['kind']> = new Set(['cancel', 'pause'])

export function post({ journal, every, everyMs, ring, obey }: PostParts): Post {
  const watched = new Set<string>()
  const obeying = new Set<string>()
  let looking = false
  let stop: (() => void) | undefined

  /** What could not be done now is tried again at the next look. */
  async function look(): Promise<void> {
    if (looking) return
    looking = true
    await lookThrough().catch(() => {})
    looking = false
  }

  async function lookThrough(): Promise<void> {
    for (const rootThreadId of watched) {
      ring(rootThreadId)
      for (const letter of await journal.letters(rootThreadId)) if (COMMANDS.has(letter.kind)) follow(letter)
    }
  }

  /** A command may take its time: a pause waits for a tool, and must not keep a cancel waiting. */
  function follow(letter: Letter): void {
    if (obeying.has(letter.id)) return
    obeying.add(letter.id)
    const done = () => void obeying.delete(letter.id)
    obey(letter).then(done, done)
  }

  return {
    watch(rootThreadId) {
      watched.add(rootThreadId)
      stop ??= every(everyMs, () => void look())
    },
    leave(rootThreadId) {
      watched.delete(rootThreadId)
      if (watched.size > 0) return
      stop?.()
      stop = undefined
    }
  }
}
