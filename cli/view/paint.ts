import pc from 'picocolors'

export type Paint = Pick<ReturnType<typeof pc.createColors>, 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'>

export const PLAIN: Paint = pc.createColors(false)

/** Colours where a terminal is there to show them; `NO_COLOR` and `TERM=dumb` are heeded. */
export function paintFor({ isTTY }: { isTTY?: boolean }): Paint {
  return isTTY && pc.isColorSupported ? pc.createColors(true) : PLAIN
}
