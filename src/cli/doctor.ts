/** `noxrun doctor`: what this machine can do, and proof that the callback stays clean on it. */
import { command } from './command'
import { PROOF_SECONDS, findings, prove } from './doctor-proof'
import { installation, readOsRelease } from './doctor-packages'
import { backendLines, backendStates, missingLines, proofLines, versionLine } from './doctor-report'
import { hasSoundCard, missingPieces, versions } from './doctor-system'
import { clock } from './format'
import { library } from './library'

export const doctor = command({
  name: 'doctor',
  summary: 'Show what this machine can do, and prove that audio callbacks stay clean on it',
  usage: 'noxrun doctor [--device ID] [--json]',
  about: `Shows versions, devices and missing pieces, then plays and captures for two seconds under a stream
of control messages and counts what happened inside the audio callbacks. Exit status 1 if they
allocated or freed memory, if playback was blocked, or if a captured sample was lost. A piece that
is missing is no failure: what works without it is proved.`,
  operands: [],
  options: {
    device: { value: 'ID', help: "What to play on; default 'virtual', which makes no sound" },
    json: { help: 'One line of JSON, nothing else' },
  },
  async run(invocation) {
    const { values, screen, interrupt } = invocation
    const say = (lines: readonly string[]): void => {
      if (!values.json) for (const line of lines) screen.print(line)
    }
    const system = { versions: versions(), soundCard: hasSoundCard() }
    // Before the engine is loaded: they help to find out why it cannot be.
    say([versionLine(system.versions), ''])
    const noxrun = await library()
    const { cpuLevel } = await import('../cpu.js')
    const withoutLibrary = (await import('./doctor-backends.js')).missingBackends()
    const missing = missingPieces(withoutLibrary)
    const install = installation(missing.map(({ packages }) => packages), readOsRelease())
    say(missingLines(missing, install, screen))
    const devices = await noxrun.listDevices()
    const backends = backendStates(devices, withoutLibrary, system.soundCard)
    say(backendLines(backends, screen))
    const started = performance.now()
    const elapsed = (): string => clock((performance.now() - started) / 1000)
    if (!values.json) screen.live(() => [`  playing and capturing  ${elapsed()} / ${clock(PROOF_SECONDS)}`])
    const proof = await prove(noxrun, values.device ?? 'virtual', invocation)
    screen.endLive()
    if (interrupt.status !== undefined) return interrupt.status
    const found = findings(proof)
    const clean = found.length === 0
    if (values.json) {
      const report = { ...system, missing, install, backends, cpu: cpuLevel(), devices, proof, findings: found, clean }
      screen.print(JSON.stringify(report))
    }
    say(proofLines(proof, cpuLevel(), screen))
    if (!clean) {
      screen.complain(found.join('; '))
      return 1
    }
    say(['', screen.style('green', 'The callbacks stayed clean.')])
    return 0
  },
})
