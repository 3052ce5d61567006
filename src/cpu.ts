/** The instruction set that the engine runs on. */
import * as binding from '#binding'

/** As in NOXRUN_CPU: every processor's, or x86-64-v3 (AVX2). The sound is the same on both. */
export type CpuLevel = 'baseline' | 'v3'

let isTold = false

/** The level in force; the first call of a process, or its first engine, reads NOXRUN_CPU. */
export function cpuLevel(): CpuLevel {
  return binding.cpuLevel().level as CpuLevel
}

/** Reads NOXRUN_CPU before anything is opened; one that cannot be had is warned of, once. */
export function chooseCpu(): void {
  if (isTold) return
  isTold = true
  const { refusal } = binding.cpuLevel()
  if (refusal !== undefined) process.emitWarning(refusal, { type: 'NoxrunWarning', code: 'CPU_LEVEL' })
}
