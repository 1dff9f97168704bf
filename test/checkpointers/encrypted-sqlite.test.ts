import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, vi } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { describeFence } from '../conformance/fence.ts'
import { describeJournal } from '../conformance/journal.ts'
import { describeSaver } from '../conformance/saver.ts'
import { describeSharing } from '../conformance/sharing.ts'
import { describeEquality } from '../conformance/sharing-equality.ts'
import { describeState } from '../conformance/state.ts'
import { describeTampering } from '../conformance/tampering.ts'
import { sqlitePlace } from '../support/stores.ts'
import { makeTempDir } from '../support/temp-dir.ts'

/** What holds in the clear holds encrypted: for every store of this file. */
beforeAll(() => void vi.stubEnv('DEPUTY_ENCRYPTION_KEY', randomBytes(32).toString('hex')))
afterAll(() => void vi.unstubAllEnvs())

async function openFresh() {
  const directory = await makeTempDir()
  const store = await openStore(`sqlite:${join(directory.path, 'deputy.db')}`)
  const close = async () => {
    await store.close()
    await directory.remove()
  }
  return { ...store, close }
}

describeSaver('@langchain/langgraph-checkpoint-sqlite', openFresh)
describeJournal('the journal in SQLite, encrypted', openFresh)
describeFence('the fence in SQLite, encrypted', sqlitePlace)
describeState('state in SQLite, encrypted', openFresh)
describeTampering('SQLite', sqlitePlace, { isEncrypted: true })
describeSharing('SQLite', sqlitePlace)
describeEquality('SQLite', sqlitePlace)
