// What is built for users (dist/): one copy of every class however it is reached, and errors that point
// into the sources.
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import test from 'ava'
import * as source from '../index'
import * as testing from '../src/testing'

type Exports = Record<string, unknown>

// By the package's own name, as a user would; not literally, or the compiler would look for dist/.
const requireHere = createRequire(__filename)
const imported = async (name: string): Promise<Exports> => (await import(name)) as Exports
const required = (name: string): Exports => requireHere(name) as Exports

for (const [name, sources] of [['noxrun', source], ['noxrun/testing', testing]] as const) {
  test(`${name}: import and require give the very same values, under the names of the sources`, async (t) => {
    const [esm, cjs] = [await imported(name), required(name)]
    const names = Object.keys(sources).sort()
    t.true(names.length > 0)
    t.deepEqual(Object.keys(esm).sort(), names)
    t.deepEqual(Object.keys(cjs).sort(), names)
    for (const each of names) t.is(esm[each], cjs[each], each)
  })
}

test('what noxrun/testing throws is an instance of the class in noxrun', (t) => {
  const { NoxrunError } = required('noxrun') as unknown as typeof source
  const { createVirtualDevice } = required('noxrun/testing') as unknown as typeof testing
  t.throws(() => createVirtualDevice({ sampleRate: 1 }), { instanceOf: NoxrunError, code: 'ERR_OUT_OF_RANGE' })
})

test('two copies in one thread, the first taken from the cache, both play', async (t) => {
  const load = (): [typeof source, typeof testing] => [required('noxrun'), required('noxrun/testing')] as unknown as [typeof source, typeof testing]
  const first = load()
  for (const file of Object.keys(requireHere.cache)) if (/[\\/]dist[\\/]|binding\.cjs$/.test(file)) Reflect.deleteProperty(requireHere.cache, file)
  const second = load()
  t.not(second[0].Engine, first[0].Engine)
  for (const [{ Engine }, { createVirtualDevice }] of [first, second, first]) {
    const device = createVirtualDevice({ sampleRate: 48_000, channels: 1 })
    const engine = await Engine.open({ device: device.id, channels: 1 })
    const track = engine.createTrack()
    track.volume.set(1)
    track.play(await engine.load({ channelData: [new Float32Array(64).fill(0.5)], sampleRate: 48_000 }), { at: { frame: 0 } })
    await device.step(64)
    t.deepEqual([...(device.output().channelData[0] ?? [])], Array<number>(64).fill(0.5))
    await engine.close()
    device.close()
  }
})

test('with source maps the stack of an error names the TypeScript', async (t) => {
  const program = "const { createVirtualDevice } = require('noxrun/testing')\ntry { createVirtualDevice({ sampleRate: 1 }) } catch (error) { console.log(error.stack) }"
  const { stdout } = await promisify(execFile)(process.execPath, ['--enable-source-maps', '--eval', program])
  t.regex(stdout, /^ {4}at .*[\\/]src[\\/]testing\.ts:\d+:\d+\)?$/m)
  t.notRegex(stdout, /[\\/]dist[\\/]/)
})
