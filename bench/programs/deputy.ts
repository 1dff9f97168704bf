import { openStore } from '../../checkpointers/open.ts'
import { agentRuntime } from '../../runtime/agent-runtime.ts'
import { worker } from '../sides/deputy.ts'
import { textOf } from '../workload.ts'
import { printAnswer } from './answered.ts'

const store = await openStore(`sqlite:${process.argv[2]}`)
const runtime = agentRuntime({ store, agents: [worker({ steps: 1 })] })
const { outcome } = await runtime.startTurn({ agent: 'worker', input: textOf('task 0') })
printAnswer(outcome.status === 'completed' ? outcome.text : outcome.status)
await store.close()
