// What the tests of a full disk record: noise of 24 bits, which no encoder shrinks, from its place alone.
export function fullSample(frame: number, channel: number): number {
  let bits = Math.imul(2 * frame + channel + 1, 0x9e37_79b1)
  bits = Math.imul(bits ^ (bits >>> 15), 0x85eb_ca77)
  return ((bits ^ (bits >>> 13)) >> 8) / 2 ** 23
}
