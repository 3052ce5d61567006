// A recording that is cut afterwards is the file that a shorter recording would have been.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Capture, type FileFormat } from '../../index'
import { trimWav } from '../../src/cli/trim-wav'
import { createVirtualDevice } from '../../src/testing'

/** Records so many frames of one and the same sound; the file. */
async function recorded(t: ExecutionContext, format: FileFormat, channels: number, frames: number): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'noxrun-trim-'))
  const device = createVirtualDevice({ channels })
  t.teardown(async () => {
    device.close()
    await rm(folder, { recursive: true, force: true })
  })
  const capture = await Capture.open({ device: device.id, channels })
  const recording = await capture.record(path.join(folder, 'take.wav'), { format })
  const channelData = Array.from({ length: channels }, (_, c) =>
    Float32Array.from({ length: frames }, (_, n) => Math.sin(0.1 * n + c)))
  device.feed({ channelData, sampleRate: 48_000 })
  await device.step(frames)
  t.is((await recording.stop()).frames, frames)
  await capture.close()
  return recording.path
}

for (const [format, channels] of [['f32', 1], ['f32', 3], ['s24', 1], ['s24', 2], ['s16', 1]] as const) {
  test(`a file of ${channels} × ${format} is cut to the byte`, async (t) => {
    const file = await recorded(t, format, channels, 1000)
    for (const frames of [999, 778, 1]) {
      await trimWav(file, frames)
      t.deepEqual(await readFile(file), await readFile(await recorded(t, format, channels, frames)), String(frames))
    }
  })
}

test('in a file with 64-bit sizes it is those that shrink', async (t) => {
  const file = await recorded(t, 's16', 1, 1000)
  /** What the file would be if it had been longer than 4 GiB once (EBU Tech 3306). */
  const widened = (bytes: Buffer, frames: number): Buffer => {
    const wide = Buffer.from(bytes)
    const dataSize = wide.indexOf('data') + 4
    wide.write('RF64', 0)
    wide.writeUInt32LE(0xffff_ffff, 4)
    wide.write('ds64', 12)
    wide.writeBigUInt64LE(BigInt(bytes.length - 8), 20)
    wide.writeBigUInt64LE(BigInt(2 * frames), 28)
    wide.writeBigUInt64LE(BigInt(frames), 36)
    wide.writeUInt32LE(0xffff_ffff, dataSize)
    return wide
  }
  await writeFile(file, widened(await readFile(file), 1000))
  await trimWav(file, 501)
  const expected = widened(await readFile(await recorded(t, 's16', 1, 501)), 501)
  t.deepEqual(await readFile(file), expected)
})
