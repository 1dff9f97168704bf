import { execFileSync } from 'node:child_process'

/**
 * Waits until all that was written is on the disk. The peer writes gigabytes where we write megabytes, and whoever is measured
 * while the system still puts them down waits for them as well.
 */
export function diskAtRest(): void {
  execFileSync('sync')
}
