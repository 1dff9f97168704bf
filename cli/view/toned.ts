import type { Paint } from './paint.ts'

/** A line before it is fitted to a width: colours come last, so that cutting never tears one. */
export interface Toned {
  readonly text: string
  readonly tone: 'plain' | 'strong' | 'warning' | 'error' | 'faint'
}

export const plain = (text: string): Toned => ({ text, tone: 'plain' })
export const strong = (text: string): Toned => ({ text, tone: 'strong' })
export const warning = (text: string): Toned => ({ text, tone: 'warning' })
export const wrong = (text: string): Toned => ({ text, tone: 'error' })
export const faint = (text: string): Toned => ({ text, tone: 'faint' })

export function painted({ text, tone }: Toned, paint: Paint): string {
  switch (tone) {
    case 'plain':
      return text
    case 'strong':
      return paint.bold(text)
    case 'warning':
      return paint.yellow(text)
    case 'error':
      return paint.red(text)
    case 'faint':
      return paint.dim(text)
  }
}
