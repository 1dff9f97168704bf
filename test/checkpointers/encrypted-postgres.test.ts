import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, vi } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { describeJournal } from '../conformance/journal.ts'
import { describeEquality } from '../conformance/sharing-equality.ts'
import { describeState } from '../conformance/state.ts'
import { describeTampering } from '../conformance/tampering.ts'
import { postgresPlace } from '../support/stores.ts'

/** What holds in the clear holds encrypted: for every store of this file. */
beforeAll(() => void vi.stubEnv('DEPUTY_ENCRYPTION_KEY', randomBytes(32).toString('hex')))
afterAll(() => void vi.unstubAllEnvs())

async function openFresh() {
  const { url, remove } = await postgresPlace()
  const store = await openStore(url)
  const close = async () => {
    await store.close()
    await remove()
  }
  return { ...store, close }
}

describeJournal('the journal in Postgres, encrypted', openFresh)
describeState('state in Postgres, encrypted', openFresh)
describeTampering('Postgres', postgresPlace, { isEncrypted: true })
describeEquality('Postgres', postgresPlace)
