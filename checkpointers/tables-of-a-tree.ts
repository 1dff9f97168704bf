/**
 * The tables whose rows name the tree that they belong to and go with it, but for its events. The threads come last: their rows
 * are what says that the tree is there.
 */
export const TABLES_OF_A_TREE = [
  'deputy_asks',
  'deputy_leases',
  'deputy_calls',
  'deputy_letters',
  'deputy_caps',
  'deputy_usage',
  'deputy_grants',
  'deputy_pruned',
  'deputy_marks',
  'deputy_branches',
  'deputy_repeats',
  'deputy_threads'
] as const
