/** Tools, the policy over them and what runs them. The coding tools are at `coding/`. */

export type { Effect } from '../state/call-records.ts'
export { argsHash } from './args-hash.ts'
export { DELEGATE, type Delegate, delegateSpec, delegationOf } from './delegate.ts'
export { enveloped } from './envelope.ts'
export { covers, judge, type PolicedCall, strictestOf, verdictOf } from './policies.ts'
export { readOutput } from './read-output.ts'
export { type ToolsetInit, toolset } from './registry.ts'
export { jsonSchemaTool, type Tool, type ToolOutput, tool } from './tool.ts'
export type { ToolSource } from './tool-source.ts'
export { type GuardedFetch, type GuardedFetchInit, guardedFetch } from './web/guarded-fetch.ts'
export { fromLangChain, type LangChainTool, type WrapOptions } from './wrap-langchain.ts'
