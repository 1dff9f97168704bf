/** Ready-made agents, and what makes your own. */
export { coder } from './coder.ts'
export { codingAgent } from './coding-agent.ts'
export { createSupervisor, type SupervisorInit } from './create-supervisor.ts'
export { type AgentInit, defineAgent } from './define-agent.ts'
export { researcher } from './researcher.ts'
export { type TeamInit, team } from './team.ts'
export { verifier } from './verifier.ts'
export { type WorkerInit, worker } from './worker.ts'
