/**
 * noxrun: real-time audio for Node.
 *
 * Plays and mixes tracks on a Rust engine whose audio callback never allocates, locks or blocks,
 * and captures audio without losing a sample unnoticed.
 * @module noxrun
 */
export { Capture, type CaptureEvents, type CaptureOptions, type CaptureStats } from './src/capture'
export type { VoiceActivity } from './src/voice-activity'
export { listDevices, type Backend, type DeviceInfo } from './src/devices'
export {
  Engine,
  type AudioThreadStats,
  type EngineEvents,
  type EngineOptions,
  type EngineStats,
} from './src/engine'
export { NoxrunError, type ErrorCode } from './src/errors'
export {
  type AddOptions,
  type AnyEffect,
  type Effect,
  type EffectControls,
  type EffectKind,
  type EffectOf,
  type EffectParams,
  type FilterType,
  type FxChain,
} from './src/fx'
export { type Meter, type TrackMeter } from './src/meter'
export { Param, type AutomationPoint, type Curve, type SetOptions } from './src/param'
export { type PcmReadable, type ReadableOptions } from './src/pcm-stream'
export { type PlayOptions } from './src/play-options'
export { type OnProgress } from './src/progress'
export { type Chunk, type ChunkIterator, type ReaderStats } from './src/reader'
export {
  Recording,
  type FileFormat,
  type RecordOptions,
  type RecordedFile,
  type RecordingEnd,
  type RecordingResult,
  type RotateOptions,
} from './src/recording'
export { render, type OfflineEngine, type RenderOptions, type RenderResult } from './src/render'
export { type Input, type InputOptions } from './src/input'
export { type Send } from './src/routing'
export {
  Sample,
  probe,
  type LoadOptions,
  type PcmData,
  type ProbeResult,
  type SampleSource,
} from './src/sample'
export { Track, type TrackOptions } from './src/track'
export { type Transport, type TransportLoop } from './src/transport'
export { type EndReason, type StopOptions, type Voice, type VoiceEnd } from './src/voice'
export { type NoxrunWarning } from './src/warnings'
export { type When } from './src/when'
