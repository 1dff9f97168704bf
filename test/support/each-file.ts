// Run for each file of tests. A hook in a module that several files import would belong to the first of them alone: files of one
// worker share their modules.
import { afterAll } from 'vitest'
import { endFile } from './at-end.ts'

afterAll(endFile)
