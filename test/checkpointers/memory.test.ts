import { openStore } from '../../checkpointers/open.ts'
import { describeJournal } from '../conformance/journal.ts'
import { describePruning } from '../conformance/pruning.ts'
import { describeSaver } from '../conformance/saver.ts'
import { describeState } from '../conformance/state.ts'
import { memoryPlace } from '../support/stores.ts'

describeSaver('MemorySaver', () => openStore('memory:'))
describeJournal('the journal in memory', () => openStore('memory:'))
describeState('state in memory', () => openStore('memory:'))
describePruning('memory', memoryPlace)
