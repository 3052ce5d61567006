// The React Native module of iOS: NativeNoxrun.ts is what JavaScript sees of it. Every call goes to a
// queue of its own, for opening, loading and closing may wait. Not compiled by the project's checks: it
// needs Apple's compiler and the code that React Native generates.
#import <NoxrunSpec/NoxrunSpec.h>

#include "NoxrunPlayer.hpp"

// Swift's NoxrunAudioSession; the header's name is the app's product module.
#import "Noxrun-Swift.h"

@interface NoxrunModule : NSObject <NativeNoxrunSpec>
@end

@implementation NoxrunModule {
  dispatch_queue_t _queue;
  // Only touched on the queue.
  std::unique_ptr<noxrun::Player> _player;
  id<NSObject> _interruption;
}

RCT_EXPORT_MODULE(Noxrun)

- (instancetype)init {
  if ((self = [super init])) {
    _queue = dispatch_queue_create("dev.noxrun", dispatch_queue_attr_make_with_qos_class(
        DISPATCH_QUEUE_SERIAL, QOS_CLASS_USER_INITIATED, 0));
    __weak NoxrunModule *weakSelf = self;
    _interruption = [NoxrunAudioSession onInterruption:^(BOOL on) {
      NoxrunModule *module = weakSelf;
      if (!module) return;
      dispatch_async(module->_queue, ^{
        try {
          if (module->_player) module->_player->suspend(on);
        } catch (const noxrun::Error &) {
          // The device is gone: the library opens it again by itself.
        }
      });
    }];
  }
  return self;
}

// Runs `work` on the queue; what it throws rejects the promise with the number and the sentence.
- (void)run:(RCTPromiseResolveBlock)resolve reject:(RCTPromiseRejectBlock)reject work:(id (^)(void))work {
  dispatch_async(_queue, ^{
    try {
      resolve(work());
    } catch (const noxrun::Error &error) {
      reject([@(static_cast<int>(error.status())) stringValue], @(error.what()), nil);
    } catch (const std::exception &error) {
      reject(@"-15", @(error.what()), nil);
    }
  });
}

- (noxrun::Player &)player {
  if (!_player) throw std::runtime_error("open() comes first");
  return *_player;
}

- (void)open:(double)bufferSize resolve:(RCTPromiseResolveBlock)resolve reject:(RCTPromiseRejectBlock)reject {
  [self run:resolve reject:reject work:^id {
    NSError *error = nil;
    if (![NoxrunAudioSession activateWithRecording:NO frames:static_cast<NSInteger>(bufferSize) error:&error]) {
      throw std::runtime_error(error.localizedDescription.UTF8String);
    }
    noxrun::Options options;
    options.buffer_size = static_cast<uint32_t>(bufferSize);
    self->_player = std::make_unique<noxrun::Player>(std::move(options));
    return nil;
  }];
}

- (void)load:(NSString *)path resolve:(RCTPromiseResolveBlock)resolve reject:(RCTPromiseRejectBlock)reject {
  [self run:resolve reject:reject work:^id { return @([self player].load(path.fileSystemRepresentation)); }];
}

// A voice's number fits a double for 285 years at a million voices a second.
- (void)play:(double)sample gain:(double)gain repeat:(BOOL)repeat
     resolve:(RCTPromiseResolveBlock)resolve reject:(RCTPromiseRejectBlock)reject {
  [self run:resolve reject:reject work:^id {
    return @(static_cast<double>([self player].play(static_cast<uint32_t>(sample), gain, repeat)));
  }];
}

- (void)stop:(double)voice seconds:(double)seconds
     resolve:(RCTPromiseResolveBlock)resolve reject:(RCTPromiseRejectBlock)reject {
  [self run:resolve reject:reject work:^id {
    [self player].stop(static_cast<uint64_t>(voice), seconds);
    return nil;
  }];
}

- (void)close:(RCTPromiseResolveBlock)resolve reject:(RCTPromiseRejectBlock)reject {
  [self run:resolve reject:reject work:^id {
    self->_player.reset();
    [NoxrunAudioSession deactivate];
    return nil;
  }];
}

// When JavaScript is reloaded, and at the app's end.
- (void)invalidate {
  [NSNotificationCenter.defaultCenter removeObserver:_interruption];
  dispatch_sync(_queue, ^{ self->_player.reset(); });
}

- (std::shared_ptr<facebook::react::TurboModule>)getTurboModule:
    (const facebook::react::ObjCTurboModule::InitParams &)params {
  return std::make_shared<facebook::react::NativeNoxrunSpecJSI>(params);
}

@end
