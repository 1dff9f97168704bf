/** What a program of the cold start prints: its first answer, and what it took to come so far. */
export interface Answered {
  readonly text: string
  readonly cpuMs: number
}

export function printAnswer(text: string): void {
  const { user, system } = process.cpuUsage()
  process.stdout.write(`${JSON.stringify({ text, cpuMs: (user + system) / 1000 } satisfies Answered)}\n`)
}
