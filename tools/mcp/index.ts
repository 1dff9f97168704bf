/** MCP servers as sources of tools. */

export type { Offers } from './asked-in-process.ts'
export { type McpHub, type McpHubInit, mcpHub, type ReviewedTool } from './hub.ts'
export type { Authorizer } from './oauth/authorizer.ts'
export { type CredentialStore, memoryCredentials } from './oauth/credentials.ts'
export { memoryPins, type Pins, pinsOfFirstSight } from './pins.ts'
export { pinsIn } from './pins-file.ts'
export type { McpServerInit } from './server.ts'
