/** A command for later, whole: with the agents of this job, and the model and store that it was run with. */
export function deputyCommand(words: string, { model }: { model: string | undefined }): string {
  const settings = [storeSetting(process.env.DEPUTY_STORE), model ? `DEPUTY_MODEL=${model} ` : '']
  return `${settings.join('')}npm run -s deputy -- ${words} --agents examples/main-job/agents.ts`
}

/** An address may have a password in it, which is not shown. */
function storeSetting(url: string | undefined): string {
  if (!url) return ''
  return url.includes('://') ? 'DEPUTY_STORE="$DEPUTY_STORE" ' : `DEPUTY_STORE='${url}' `
}
