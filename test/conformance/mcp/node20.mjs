// Gives the suite an `fs` that has globSync, which only its `tier-check` calls; needless on Node 22.
import { register } from 'node:module'

const module = (source) => `data:text/javascript,${encodeURIComponent(source)}`
const fs = module(`export * from 'node:fs'; export { default } from 'node:fs'
export const globSync = () => { throw new Error('needs Node 22') }`)
register(
  module(`export const resolve = (specifier, context, next) =>
  specifier === 'fs' && context.parentURL?.includes('/conformance/dist/')
    ? { url: '${fs.replaceAll("'", '%27')}', shortCircuit: true } : next(specifier, context)`)
)
