/** Ends the process once all is written; what a module of the caller's keeps open does not hold it. */
export function leaveWith(code: number): void {
  process.exitCode = code
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
}

/** Whoever read along has gone (`deputy … | head`): nothing can be said any more, and what ran can be resumed. */
export function leaveWhenUnread(code: number): void {
  process.stdout.on('error', () => process.exit(code))
}
