// The agents of the main job. A later process finds them here: deputy resume … --agents examples/main-job/agents.ts
import { scripted } from '../../models/scripted.ts'
import { team as teamOf } from '../../prebuilt/team.ts'
import { coder } from './script/coder.ts'
import { lead } from './script/lead.ts'
import { researcher } from './script/researcher.ts'
import { verifier } from './script/verifier.ts'

/** The team, with a real model if one is named, else with a script that goes by what the tools and the others report. */
export function teamWith(model: string | undefined) {
  if (model) return teamOf({ model })
  return teamOf({
    models: {
      team: scripted(lead),
      researcher: scripted(researcher),
      coder: scripted(coder),
      verifier: scripted(verifier)
    }
  })
}

export const team = teamWith(process.env.DEPUTY_MODEL)
