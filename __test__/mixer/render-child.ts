// Scripts that render in a process of their own.
import { spawn } from 'node:child_process'
import path from 'node:path'

/** So long that only a process that hangs is killed. */
const LIMIT_MS = 90_000

/** What every script begins with. */
export const PRELUDE = `
const { render } = require(${JSON.stringify(path.resolve(__dirname, '..', '..', 'index.js'))})
const { setTimeout: sleep } = require('node:timers/promises')
const ENDLESS = { duration: 10_000, sampleRate: 8000, channels: 1, blockSize: 1 }
const hum = async (engine) => {
  const sound = await engine.load({ channelData: [new Float32Array(3000).fill(0.25)], sampleRate: engine.sampleRate })
  engine.createTrack().play(sound, { loop: true })
}
`

/** How a script ended, and all that it printed. */
export function run(script: string, env: NodeJS.ProcessEnv = {}): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['-e', `${PRELUDE}\n(async () => {${script}})()`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
  let output = ''
  for (const pipe of [child.stdout, child.stderr]) pipe.on('data', (data) => (output += String(data)))
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, output })
    })
  })
}
