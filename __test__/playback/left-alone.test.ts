// "Promises that nobody awaits never become unhandled rejections": everything that gives one out.
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'

const EXPECTED = {
  'Engine.open': 'ERR_OUT_OF_RANGE',
  'Engine.open, aborted': 'ABORT_ERR',
  'load': 'ERR_NOT_FOUND',
  'load, closed meanwhile': 'ERR_CLOSED',
  'load, aborted': 'ABORT_ERR',
  'load in a rendering': 'ERR_INVALID_ARG',
  'engine.record': 'ERR_NOT_FOUND',
  'engine.record, undone': 'ERR_INVALID_STATE',
  'track.record': 'ERR_NOT_FOUND',
  'suspend': 'ERR_IO',
  'resume': 'ERR_IO',
  'Capture.open': 'ERR_OUT_OF_RANGE',
  'capture.record': 'ERR_NOT_FOUND',
  'chunks.next': 'ABORT_ERR',
  'chunks.return': 'of the program',
  'recording.stop': 'ERR_IO',
  'recording, disposed of': 'ERR_IO',
  'recording, aborted': 'ERR_IO',
  'render': 'ERR_OUT_OF_RANGE',
  'render, at its end': 'ERR_IO',
  'probe': 'ERR_NOT_FOUND',
  'listDevices': 'ERR_IO',
  'step': 'ERR_OUT_OF_RANGE',
  'capture.close': 'ERR_IO',
  'capture, disposed of': 'ERR_IO',
  'engine.close': 'ERR_IO',
  'engine, disposed of': 'ERR_IO',
}

test('promises that are left alone end no process, and reject when somebody awaits them after all', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'noxrun-left-alone-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const program = path.join(__dirname, 'left-alone-child.js')
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, ['--no-warnings', program, folder], { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve(`${stdout}${stderr}${error ? `status ${String(error.code)}\n` : ''}`)
    })
  })
  t.is(output, Object.entries(EXPECTED).map(([name, code]) => `${name}: ${code}\n`).join(''))
})
