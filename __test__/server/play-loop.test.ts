// `noxrun play --loop` on a real server: what is repeated has no seam.
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { CLI } from '../cli/run'
import { heard } from '../support/heard'
import { useServer } from '../support/servers'
import { noise, wavFile } from '../support/signal'

const server = useServer(test, 256)
const RATE = 48_000

for (const [name, lengths] of [['one file', [10_007]], ['three files', [4801, 9000, 333]]] as const) {
  test.serial(`${name} repeated by the command line, sample for sample`, async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'noxrun-loop-'))
    t.teardown(() => rm(folder, { recursive: true }))
    const parts = lengths.map((frames, i) => noise(frames, i + 1))
    const files = parts.map((_, i) => path.join(folder, `${i}.wav`))
    for (const [i, part] of parts.entries()) await writeFile(files[i] ?? '', wavFile([part, part], RATE))
    const pass = Float32Array.from(parts.flatMap((part) => [...part]))

    await heard(server, 'jack', async ({ capture, collector }) => {
      const args = [CLI, 'play', ...files, '--loop', '--start', '0.05', '--device', 'jack', '--json']
      const child = spawn(process.execPath, args, { stdio: 'ignore' })
      const gone = new Promise((resolve) => child.once('close', resolve))
      try {
        for (const index of [0, 1]) {
          const from = await server.waitForPort(new RegExp(`_${child.pid ?? 0}_out:out_${index}$`))
          const to = await server.waitForPort(new RegExp(`_${process.pid}_in:in_${index}$`))
          await server.connect(from, to)
        }
        // More than four passes.
        await collector.sound(5 * pass.length)
        await capture.close()
        await collector.done
      } finally {
        child.kill('SIGINT')
        t.is(await gone, 130)
      }
      t.is(collector.dropped, 0)
      for (const index of [0, 1]) {
        const signal = collector.channel(index)
        const first = signal.findIndex((x) => x !== 0)
        const place = pass.indexOf(signal[first] ?? NaN)
        t.true(first >= 0 && place >= 0, 'it came back')
        const wrong = signal.findIndex((x, n) => n >= first && x !== pass[(n - first + place) % pass.length])
        t.is(wrong, -1, `frame ${wrong - first} after the first`)
        t.true(signal.length - first > 4 * pass.length)
      }
    })
  })
}
