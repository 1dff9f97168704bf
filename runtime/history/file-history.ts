/** What became of a file between two checkpoints. */
export interface FileChange {
  readonly path: string
  readonly change: 'added' | 'modified' | 'deleted'
}

/** Who keeps the files of workspaces beside the checkpoints. */
export interface FileHistory {
  /** Undefined where the files of one of the two are not known. Ids of checkpoints are unique over all threads but for forks. */
  changes(beforeCheckpointId: string, afterCheckpointId: string): Promise<readonly FileChange[] | undefined>
}
