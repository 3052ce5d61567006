// The React Native module of Android: NativeNoxrun.ts is what JavaScript sees of it. Every call goes to
// a thread of its own, for opening, loading and closing may wait. Not compiled by the project's checks:
// it needs Android's SDK and the code that React Native generates.
package dev.noxrun

import android.content.Context
import android.media.AudioManager
import com.facebook.react.bridge.LifecycleEventListener
import com.facebook.react.bridge.Promise
import com.facebook.react.bridge.ReactApplicationContext
import java.util.concurrent.Executors
import java.util.concurrent.RejectedExecutionException

class NoxrunModule(private val context: ReactApplicationContext) :
  NativeNoxrunSpec(context), LifecycleEventListener {
  private val thread = Executors.newSingleThreadExecutor { Thread(it, "noxrun") }

  // Only touched on the thread.
  private var player: NoxrunPlayer? = null

  init {
    context.addLifecycleEventListener(this)
  }

  override fun getName() = NAME

  override fun open(bufferSize: Double, promise: Promise) = run(promise) {
    check(player == null) { "it is open already" }
    player = NoxrunPlayer.open(
      context.applicationContext, NoxrunPlayer.PLAYBACK, null, null,
      if (bufferSize > 0) bufferSize.toInt() else ownBufferSize(),
    )
    null
  }

  override fun load(path: String, promise: Promise) = run(promise) { opened().load(path).toDouble() }

  override fun play(sample: Double, gain: Double, repeat: Boolean, promise: Promise) =
    run(promise) { opened().play(sample.toInt(), gain, repeat).toDouble() }

  override fun stop(voice: Double, seconds: Double, promise: Promise) = run(promise) {
    opened().stop(voice.toLong(), seconds)
    null
  }

  override fun close(promise: Promise) = run(promise) {
    player?.close()
    player = null
    null
  }

  // In the background an app without a foreground service may not play or record for long.
  override fun onHostPause() = later { player?.suspend(true) }

  override fun onHostResume() = later { player?.suspend(false) }

  override fun onHostDestroy() = Unit

  override fun invalidate() {
    context.removeLifecycleEventListener(this)
    later { player?.close() }
    thread.shutdown()
    super.invalidate()
  }

  /** What the device's fast path takes at once: other sizes cost latency. */
  private fun ownBufferSize(): Int {
    val manager = context.getSystemService(Context.AUDIO_SERVICE) as AudioManager
    return manager.getProperty(AudioManager.PROPERTY_OUTPUT_FRAMES_PER_BUFFER)?.toIntOrNull() ?: 0
  }

  private fun opened() = checkNotNull(player) { "open() comes first" }

  private fun run(promise: Promise, work: () -> Any?) {
    try {
      thread.execute {
        try {
          promise.resolve(work())
        } catch (error: NoxrunException) {
          promise.reject(error.status.toString(), error.message, error)
        } catch (error: RuntimeException) {
          promise.reject("ERR_INVALID_STATE", error.message, error)
        }
      }
    } catch (error: RejectedExecutionException) {
      promise.reject("ERR_CLOSED", "the module is closed", error)
    }
  }

  private fun later(work: () -> Unit) {
    try {
      thread.execute {
        try {
          work()
        } catch (_: RuntimeException) {
          // The device is gone: the library opens it again by itself.
        }
      }
    } catch (_: RejectedExecutionException) {
      // Closed meanwhile.
    }
  }

  companion object {
    const val NAME = "Noxrun"
  }
}
