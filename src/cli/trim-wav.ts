/** Cuts a WAV file that a recording wrote: nothing stops one on a frame of one's choice. */
import { open } from 'node:fs/promises'

/** More than is in front of the samples. */
const HEAD = 256

/**
 * Cuts the file to its first `frames` frames, of which it has more. It can be played at every moment: the
 * sizes in its header shrink first, in one write, then the file does.
 */
export async function trimWav(path: string, frames: number): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const head = Buffer.alloc(HEAD)
    await file.read(head, 0, HEAD, 0)
    const chunks = chunksOf(head)
    const data = place(chunks, 'data')
    // Of `fmt `: the bytes of a frame.
    const bytes = frames * head.readUInt16LE(place(chunks, 'fmt ') + 12)
    const end = data + bytes + (bytes % 2)
    const wide = chunks.get('ds64')
    if (wide === undefined) {
      head.writeUInt32LE(end - 8, 4)
      head.writeUInt32LE(bytes, data - 4)
      const fact = chunks.get('fact')
      if (fact !== undefined) head.writeUInt32LE(frames, fact)
    } else {
      // The 32-bit sizes of such a file say nothing.
      for (const [i, size] of [end - 8, bytes, frames].entries()) head.writeBigUInt64LE(BigInt(size), wide + 8 * i)
    }
    await file.write(head, 0, data, 0)
    if (bytes % 2 === 1) await file.write(Buffer.alloc(1), 0, 1, data + bytes)
    await file.truncate(end)
  } finally {
    await file.close()
  }
}

/** Where the bodies of the chunks begin, up to that of the samples. */
function chunksOf(head: Buffer): Map<string, number> {
  const chunks = new Map<string, number>()
  for (let at = 12; at + 8 <= head.length && !chunks.has('data'); ) {
    chunks.set(head.toString('latin1', at, at + 4), at + 8)
    const size = head.readUInt32LE(at + 4)
    at += 8 + size + (size % 2)
  }
  return chunks
}

function place(chunks: ReadonlyMap<string, number>, id: string): number {
  const at = chunks.get(id)
  if (at === undefined) throw new Error(`the recorded file has no chunk '${id}'`)
  return at
}
