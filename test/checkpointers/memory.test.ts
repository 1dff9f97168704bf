import { openStore } from '../../checkpointers/open.ts'
import { describeJournal } from '../conformance/journal.ts'
import { describeSaver } from '../conformance/saver.ts'
import { describeState } from '../conformance/state.ts'

describeSaver('MemorySaver', () => openStore('memory:'))
describeJournal('the journal in memory', () => openStore('memory:'))
describeState('state in memory', () => openStore('memory:'))
