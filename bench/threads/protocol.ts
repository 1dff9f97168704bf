/** What the parent of a process with a thread asks it to do. */
export type Wish =
  | { readonly kind: 'turn' }
  /** Says the id of the last checkpoint. */
  | { readonly kind: 'here' }
  | { readonly kind: 'state'; readonly checkpointId?: string | undefined }
  | { readonly kind: 'history'; readonly limit: number }
  | { readonly kind: 'fork'; readonly checkpointId: string }
  /** Says what it holds, and ends. */
  | { readonly kind: 'end' }

export interface Answer {
  readonly ms: number
  readonly checkpointId?: string
  /** Resident, in bytes, after a collection. */
  readonly rss?: number
  /** On disk. */
  readonly bytes?: number
}
