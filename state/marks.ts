import { z } from 'zod'

/** A checkpoint as the journal keeps it: what a listing needs, without its state. */
export const Mark = z.object({
  threadId: z.string(),
  checkpointId: z.string(),
  rootThreadId: z.string(),
  /** The one before it on its thread; null for the first. */
  parentCheckpointId: z.string().nullable(),
  agent: z.string(),
  path: z.string(),
  /** LangGraph's count of supersteps; -1 for the first input. */
  step: z.number(),
  /** LangGraph's word for how it came to be: `input`, `loop`, `update` or `fork`. */
  source: z.string(),
  /** The nodes that ran in the step which ended with it, each once. */
  nodes: z.array(z.string()),
  /** The nodes that come next from here; none where the turn was over. */
  next: z.array(z.string()),
  messages: z.number().int().nonnegative(),
  /** The beginning of the last message. */
  last: z.string(),
  /** When the runtime heard of it, by its clock. */
  at: z.number()
})
export type Mark = z.infer<typeof Mark>

/** With its place in the order in which the checkpoints of its tree came to be, all threads of it together. */
export const PlacedMark = Mark.extend({ place: z.number().int() })
export type PlacedMark = z.infer<typeof PlacedMark>

/** A name for a checkpoint. In one tree it names one. */
export const Label = z.object({
  rootThreadId: z.string(),
  name: z.string(),
  threadId: z.string(),
  checkpointId: z.string(),
  labelledAt: z.number()
})
export type Label = z.infer<typeof Label>
