// A run of stall.ts in a process of its own, where the binding with planted faults is loaded: the
// capture thread stops by itself. The parent connects the two, then hears what it came to.
import process from 'node:process'
import { captureWithStall } from './stall'

const send = (message: unknown): void => void process.send?.(message)
const connected = new Promise<void>((resolve) => process.once('message', () => { resolve() }))

async function main(): Promise<void> {
  const via = process.argv[2] === 'alsa' ? 'alsa' : 'jack'
  const result = await captureWithStall(via, 'capture thread', () => {
    send('connect')
    return connected
  })
  send(result)
  process.disconnect()
}

void main()
