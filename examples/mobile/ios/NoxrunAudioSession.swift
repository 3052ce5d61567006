// The app's part of the sound on iOS: the audio session's category, its activation, and what to do when
// a phone call comes. The library changes none of it. Not compiled by the project's checks.
import AVFAudio

@objc public final class NoxrunAudioSession: NSObject {
  /// Before the first `noxrun_open`: a later change of category makes the library open the device again.
  /// - Parameter frames: as `noxrun_config.buffer_size`; iOS takes it as a wish.
  @objc public static func activate(recording: Bool, frames: Int) throws {
    let session = AVAudioSession.sharedInstance()
    if recording {
      try session.setCategory(.playAndRecord, mode: .default, options: [.defaultToSpeaker, .allowBluetoothA2DP])
    } else {
      try session.setCategory(.playback, mode: .default)
    }
    try session.setPreferredSampleRate(48_000)
    try session.setPreferredIOBufferDuration(Double(frames) / 48_000)
    try session.setActive(true)
  }

  /// After the last `noxrun_drop`; other apps' music goes on then.
  @objc public static func deactivate() {
    try? AVAudioSession.sharedInstance().setActive(false, options: .notifyOthersOnDeactivation)
  }

  /// Asks the user for the microphone, before `NOXRUN_CAPTURE` is opened.
  @objc public static func requestMicrophone(_ done: @escaping (Bool) -> Void) {
    if #available(iOS 17.0, *) {
      AVAudioApplication.requestRecordPermission(completionHandler: done)
    } else {
      AVAudioSession.sharedInstance().requestRecordPermission(done)
    }
  }

  /// Calls `suspend(true)` when another app takes the sound, `suspend(false)` when it gives it back.
  /// - Returns: what to give to `NotificationCenter.removeObserver` at the end.
  @objc public static func onInterruption(_ suspend: @escaping (Bool) -> Void) -> NSObjectProtocol {
    NotificationCenter.default.addObserver(
      forName: AVAudioSession.interruptionNotification, object: nil, queue: nil
    ) { notification in
      guard let number = notification.userInfo?[AVAudioSessionInterruptionTypeKey] as? UInt,
        let type = AVAudioSession.InterruptionType(rawValue: number)
      else { return }
      if type == .began {
        suspend(true)
        return
      }
      let options = notification.userInfo?[AVAudioSessionInterruptionOptionKey] as? UInt ?? 0
      guard AVAudioSession.InterruptionOptions(rawValue: options).contains(.shouldResume) else { return }
      try? AVAudioSession.sharedInstance().setActive(true)
      suspend(false)
    }
  }
}
