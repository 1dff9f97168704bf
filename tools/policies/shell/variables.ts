/**
 * Whether setting a variable changes nothing but what it is later read for. Lower case is what scripts use; the names that
 * shells, loaders and programs heed are in upper case, but for these.
 */
export function isOrdinary(name: string): boolean {
  return /^[a-z][a-z0-9_]*$/.test(name) && !/_proxy$|^npm_|^histchars$|^auto_resume$|^cdpath$|^path$/.test(name)
}
