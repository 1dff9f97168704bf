/** The tools that a coder uses of its own accord, and that those above let it use. */
export const READING_AND_EDITING = [
  ...['read', 'list', 'glob', 'search'],
  ...['edit', 'multi_edit', 'apply_patch', 'write']
] as const
