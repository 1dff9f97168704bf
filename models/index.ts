/** How Deputy speaks to models: real ones by name, scripted and replayed ones offline, all through one metered port. */
export { type Malformed, malformedOf } from './malformed.ts'
export { metered } from './metered.ts'
export { record } from './record.ts'
export { replay } from './replay.ts'
export { connect } from './router.ts'
export { Reply, type Script, scripted } from './scripted.ts'
export { usageOf } from './usage-of.ts'
