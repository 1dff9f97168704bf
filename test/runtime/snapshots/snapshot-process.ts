// Says a word, then does something to a workspace, for tests that kill it meanwhile: take N times, or restore TO from BASE.
import { openSnapshots } from '../../../runtime/snapshots/snapshots.ts'

const [root, directory, what, to, base] = process.argv.slice(2) as [string, string, string, string, string]
const snapshots = await openSnapshots(root, { directory })

console.log('ready')
if (what === 'restore') console.log(JSON.stringify(await snapshots.restore(to, { base })))
else for (let count = 0; count < Number(what); count++) console.log((await snapshots.take()).id)
