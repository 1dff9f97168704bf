import { cutAt } from './cut.ts'

/** What a command has said so far, up to a bound. */
export interface KeptOutput {
  add(text: string): void
  /** All that was kept; where something was not, it says so. */
  text(): string
  /** Whether something was not kept. */
  isCut(): boolean
}

/** `onText` sees what is kept as it arrives, and nothing of what is not. `max` counts characters. */
export function keptOutput({ max, onText = () => {} }: { max: number; onText?: (text: string) => void }): KeptOutput {
  const parts: string[] = []
  let room = max
  let cut = false
  return {
    add(text) {
      if (cut) return
      const kept = cutAt(text, room)
      cut = kept.length < text.length
      room -= kept.length
      if (kept === '') return
      parts.push(kept)
      onText(kept)
    },
    isCut: () => cut,
    text: () => parts.join('') + (cut ? `\n[cut after ${max} characters]` : '')
  }
}
