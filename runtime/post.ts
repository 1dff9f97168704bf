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

export function post({ journal, every, everyMs, ring, obey }: PostParts): Post {
  const watched = new Set<string>()
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
      for (const letter of await journal.letters(rootThreadId)) if (letter.kind === 'cancel') await obey(letter)
    }
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
