// Which of the device's channels are delivered: chosen ones bit for bit, or their average.
import test from 'ava'
import { Capture, type CaptureOptions, NoxrunError, type PcmData } from '../../index'
import { createVirtualDevice } from '../../src/testing'
import { Stand, identity, rest } from './stand'

const ODD_BLOCKS = [1, 7, 256, 1024, 333]

/** What a capture delivers of frames that the device is fed, interleaved. */
async function captured(
  pcm: PcmData, options: CaptureOptions, blockSizes: number[] = ODD_BLOCKS,
): Promise<{ channels: number; samples: Float32Array }> {
  const device = createVirtualDevice({ channels: pcm.channelData.length, sampleRate: pcm.sampleRate, blockSizes })
  try {
    const capture = await Capture.open({ device: device.id, capacity: 2 ** 22, ...options })
    const chunks = capture.chunks()
    device.feed(pcm)
    await device.step(pcm.channelData[0]?.length ?? 0)
    await capture.close()
    const samples = (await rest(chunks)).flatMap((chunk) => [...chunk.samples])
    return { channels: capture.channels, samples: Float32Array.from(samples) }
  } finally {
    device.close()
  }
}

/** Reproducible noise, another for each channel, with values that are rare among it. */
function noises(channels: number, frames: number): Float32Array[] {
  let state = 1
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 31 - 1
  }
  const all = Array.from({ length: channels }, () => Float32Array.from({ length: frames }, next))
  all.forEach((channel, index) => { channel.set([0, -0, 1e-45, 3e38, -3e38, 1, -1], index) })
  return all
}

const bits = (samples: Float32Array): Uint32Array => new Uint32Array(samples.slice().buffer)

for (const map of [[0], [3], [3, 0], [1, 2], [0, 1, 2, 3], [3, 2, 1, 0], [2, 2], [1, 1, 3, 1, 0, 2]]) {
  test(`channelMap [${map.join(', ')}] of four channels delivers these, in this order, bit for bit`, async (t) => {
    const channelData = noises(4, 3000)
    const { channels, samples } = await captured({ channelData, sampleRate: 48_000 }, { channelMap: map })
    t.is(channels, map.length, 'as many as the map is long')
    const expected = Float32Array.from({ length: 3000 * map.length }, (_, n) =>
      channelData[map[n % map.length] ?? NaN]?.[Math.floor(n / map.length)] ?? NaN)
    t.deepEqual(bits(samples), bits(expected))
  })
}

test('a chosen channel of a resampled capture is what that channel is when all are captured', async (t) => {
  const pcm = { channelData: noises(3, 9600).map((channel) => channel.map((x) => Math.max(-1, Math.min(1, x)))), sampleRate: 48_000 }
  const all = await captured(pcm, { channels: 3, sampleRate: 16_000 })
  const map = [2, 0, 2, 1, 0]
  const chosen = await captured(pcm, { channelMap: map, sampleRate: 16_000 })
  t.is(all.samples.length, 3 * 3200)
  const expected = Float32Array.from({ length: map.length * 3200 }, (_, n) =>
    all.samples[3 * Math.floor(n / map.length) + (map[n % map.length] ?? NaN)] ?? NaN)
  t.deepEqual(bits(chosen.samples), bits(expected))
})

test('channels may be given beside a map of their number', async (t) => {
  const { capture } = await Stand.open(t, { channelMap: [1, 0], channels: 2 })
  t.is(capture.channels, 2)
})

test('a mono device can be copied by a map too', async (t) => {
  const pcm = { channelData: noises(1, 500), sampleRate: 48_000 }
  const mapped = await captured(pcm, { channelMap: [0, 0, 0] })
  t.deepEqual(bits(mapped.samples), bits((await captured(pcm, { channels: 3 })).samples))
  t.is(mapped.channels, 3)
})

test('fewer channels are the first ones', async (t) => {
  const stand = await Stand.open(t, { channels: 2 }, { channels: 5, blockSizes: ODD_BLOCKS })
  const chunks = stand.capture.chunks()
  await stand.record(2000)
  await stand.capture.close()
  for (const chunk of await rest(chunks)) {
    const first = (_: unknown, n: number) => identity(chunk.frame + (n >> 1), n % 2, 5)
    t.deepEqual(chunk.samples, Float32Array.from({ length: 2 * chunk.frames }, first))
  }
})

for (const channels of [2, 3, 7, 32]) {
  test(`the average of ${channels} channels is their sum in double precision, first to last, rounded once`, async (t) => {
    const channelData = noises(channels, 2000)
    const { samples } = await captured({ channelData, sampleRate: 48_000 }, {})
    const expected = Float32Array.from({ length: 2000 }, (_, n) => {
      const [first = NaN, ...others] = channelData.map((channel) => channel[n] ?? NaN)
      return others.reduce((sum, sample) => sum + sample, first) / channels
    })
    t.deepEqual(bits(samples), bits(expected))
  })
}

for (const [what, options] of [
  ['averaged and resampled', { sampleRate: 16_000 }],
  ['chosen', { channelMap: [2, 0] }],
  ['chosen and resampled', { channelMap: [2, 0], sampleRate: 44_100 }],
] as const) {
  test(`the sizes of callbacks change no bit of what is ${what}`, async (t) => {
    const channelData = noises(3, 70_000).map((channel) => channel.map((x) => Math.max(-1, Math.min(1, x))))
    const pcm = { channelData, sampleRate: 48_000 }
    const given = options as CaptureOptions
    const { samples } = await captured(pcm, given, [256])
    t.true(samples.length > 20_000)
    // One frame, odd, larger than granted, all of it at once, and all of these in turn.
    for (const sizes of [[1, 2, 1], [255, 257], [1023], [65_536], [1, 4096, 31, 65_536, 256]]) {
      const other = await captured(pcm, { ...given, bufferSize: 256 }, sizes)
      t.deepEqual(bits(other.samples), bits(samples), `in callbacks of ${sizes.join(', ')}`)
    }
  })
}

test('a channelMap that is no list of channels is refused', async (t) => {
  for (const [value, code, told] of [
    [[], 'ERR_INVALID_ARG', /^channelMap must be a non-empty array .*\[\]/],
    ['0', 'ERR_INVALID_ARG', /^channelMap must be .*'0'/],
    [1, 'ERR_INVALID_ARG', /^channelMap must be .*1/],
    [null, 'ERR_INVALID_ARG', /^channelMap must be .*null/],
    [{ 0: 0, length: 1 }, 'ERR_INVALID_ARG', /^channelMap must be /],
    [new Uint8Array(2), 'ERR_INVALID_ARG', /^channelMap must be /],
    [[0, '1'], 'ERR_INVALID_ARG', /^channelMap\[1\] must be a whole number, got '1'/],
    [[0.5], 'ERR_INVALID_ARG', /^channelMap\[0\] must be a whole number, got 0.5/],
    [[NaN], 'ERR_INVALID_ARG', /^channelMap\[0\] must be a whole number, got NaN/],
    // A hole is nothing that could be a channel.
    [Array(2), 'ERR_INVALID_ARG', /^channelMap\[0\] must be a whole number, got undefined/],
    [[0, -1], 'ERR_OUT_OF_RANGE', /^channelMap\[1\] must be .* from 0 .*-1/],
    [[1e9], 'ERR_OUT_OF_RANGE', /^channelMap\[0\] must be .* from 0 .*1000000000/],
    [Array(33).fill(0), 'ERR_OUT_OF_RANGE', /^channelMap\.length must be from 1 to 32, got 33/],
  ] as const) {
    const error = await t.throwsAsync(Capture.open({ device: 'virtual', channelMap: value as never }), { instanceOf: NoxrunError, code })
    t.regex(error.message, told)
  }
})

test('channels that contradict the map are refused', async (t) => {
  for (const channels of [1, 3]) {
    const opening = Capture.open({ device: 'virtual', channels, channelMap: [0, 1] })
    const error = await t.throwsAsync(opening, { instanceOf: NoxrunError, code: 'ERR_INVALID_ARG' })
    t.is(error.message, `channels must be 2, the length of channelMap, got ${channels}`)
  }
})

test('a channel that the device does not have is refused, and the channels it has are told', async (t) => {
  for (const [channels, map, message] of [
    [2, [0, 2], /^channelMap\[1\] must be from 0 to 1, virtual:\d+ has 2 input channels, got 2$/],
    [1, [1], /^channelMap\[0\] must be from 0 to 0, virtual:\d+ has 1 input channel, got 1$/],
    [4, [3, 65_534, 4], /^channelMap\[1\] must be from 0 to 3, virtual:\d+ has 4 input channels, got 65534$/],
  ] as const) {
    const device = createVirtualDevice({ channels })
    t.teardown(() => { device.close() })
    // A virtual clock in its stead would not have the channel either.
    const opening = Capture.open({ device: device.id, channelMap: [...map], fallback: 'virtual' })
    const error = await t.throwsAsync(opening, { instanceOf: NoxrunError, code: 'ERR_OUT_OF_RANGE' })
    t.regex(error.message, message)
  }
})
