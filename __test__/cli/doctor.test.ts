// `noxrun doctor`.
import test from 'ava'
import { json, noxrun, useFolder } from './run'

useFolder(test)

interface DoctorJson {
  versions: { noxrun: string; node: string }
  devices: { id: string }[]
  missing: unknown[]
  backends: { name: string; devices: string[]; reason: string | null; remedy: string | null }[]
  cpu: string
  findings: string[]
  clean: boolean
  proof: {
    playback: { callbacks: number; controlQueue: { pushed: number }; audioThread: object }
    capture: { callbacks: number; dropped: number; audioThread: object }
  }
}

test.serial('doctor proves that the callbacks stay clean', async (t) => {
  const outcome = await noxrun(['doctor', '--json'])
  t.is(outcome.status, 0)
  const { versions, cpu, devices, backends, missing, findings, clean, proof } = json(outcome) as DoctorJson
  t.is(versions.node, process.versions.node)
  t.true(devices.some(({ id }) => id === 'virtual'))
  t.true(Array.isArray(missing))
  t.deepEqual(backends.find(({ name }) => name === 'virtual'), { name: 'virtual', devices: ['virtual'], reason: null, remedy: null })
  // Each has devices, or a reason why it has none.
  t.true(backends.every((backend) => backend.devices.length === 0 ? Boolean(backend.reason) : backend.reason === null))
  t.true(['baseline', 'v3'].includes(cpu))
  t.deepEqual(findings, [])
  t.true(clean)
  t.like(proof.playback.audioThread, { allocations: 0, frees: 0, blocked: 0 })
  t.like(proof.capture.audioThread, { allocations: 0, frees: 0 })
  t.is(proof.capture.dropped, 0)
  // It is no proof unless something happened.
  t.true(proof.playback.callbacks > 100 && proof.capture.callbacks > 100)
  t.true(proof.playback.controlQueue.pushed > 1000)
})
