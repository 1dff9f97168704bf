/** Graphs to compile and run. Their nodes are at `…/nodes`, ready-made agents at `…/prebuilt`. */
export { agentLoop } from './agent-loop.ts'
export { supervisor } from './supervisor.ts'
