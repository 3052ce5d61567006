// The native half of NoxrunPlayer.java: one player behind a jlong. Java sees exceptions, never a
// status; Java's class sees to it that close() is the last call.
#include "NoxrunPlayer.hpp"

#include <jni.h>

#include <exception>
#include <new>

namespace {

noxrun::Player &player(jlong handle) { return *reinterpret_cast<noxrun::Player *>(handle); }

// Throws dev.noxrun.NoxrunException(status, message) in Java, once this native method has returned.
void raise(JNIEnv *env, jint status, const char *message) {
  if (env->ExceptionCheck()) return;
  jclass type = env->FindClass("dev/noxrun/NoxrunException");
  jmethodID make = type ? env->GetMethodID(type, "<init>", "(ILjava/lang/String;)V") : nullptr;
  jstring text = make ? env->NewStringUTF(message) : nullptr;
  jobject error = text ? env->NewObject(type, make, status, text) : nullptr;
  if (error) env->Throw(static_cast<jthrowable>(error));
}

// Runs a call; no C++ exception may pass into Java.
template <typename Result, typename Work>
Result guarded(JNIEnv *env, Result otherwise, Work work) {
  try {
    return work();
  } catch (const noxrun::Error &error) {
    raise(env, error.status(), error.what());
  } catch (const std::exception &error) {
    raise(env, NOXRUN_STATUS_ERR_BACKEND, error.what());
  }
  return otherwise;
}

// Java's strings are UTF-8 but for characters beyond the basic plane, which paths of an app's own do
// not have.
std::string text(JNIEnv *env, jstring string) {
  if (string == nullptr) return {};
  const char *chars = env->GetStringUTFChars(string, nullptr);
  if (chars == nullptr) throw std::bad_alloc();
  std::string copy(chars);
  env->ReleaseStringUTFChars(string, chars);
  return copy;
}

}  // namespace

extern "C" {

JNIEXPORT jlong JNICALL Java_dev_noxrun_NoxrunPlayer_nativeOpen(JNIEnv *env, jclass, jobject context, jint mode,
                                                                jstring output, jstring input, jint bufferSize) {
  return guarded(env, jlong{0}, [&] {
    JavaVM *vm = nullptr;
    if (env->GetJavaVM(&vm) != JNI_OK) throw std::runtime_error("this thread has no Java machine");
    noxrun::Options options;
    options.mode = static_cast<uint32_t>(mode);
    options.output = text(env, output);
    options.input = text(env, input);
    options.buffer_size = static_cast<uint32_t>(bufferSize);
    options.java_vm = vm;
    options.android_context = context;
    return reinterpret_cast<jlong>(new noxrun::Player(std::move(options)));
  });
}

JNIEXPORT void JNICALL Java_dev_noxrun_NoxrunPlayer_nativeClose(JNIEnv *, jclass, jlong handle) {
  delete reinterpret_cast<noxrun::Player *>(handle);
}

JNIEXPORT jint JNICALL Java_dev_noxrun_NoxrunPlayer_nativeLoad(JNIEnv *env, jclass, jlong handle, jstring path) {
  return guarded(env, jint{0}, [&] { return static_cast<jint>(player(handle).load(text(env, path))); });
}

JNIEXPORT jlong JNICALL Java_dev_noxrun_NoxrunPlayer_nativePlay(JNIEnv *env, jclass, jlong handle, jint sample,
                                                                jdouble gain, jboolean repeat) {
  return guarded(env, jlong{0}, [&] {
    return static_cast<jlong>(player(handle).play(static_cast<uint32_t>(sample), gain, repeat == JNI_TRUE));
  });
}

JNIEXPORT void JNICALL Java_dev_noxrun_NoxrunPlayer_nativeStop(JNIEnv *env, jclass, jlong handle, jlong voice,
                                                               jdouble seconds) {
  guarded(env, 0, [&] { return player(handle).stop(static_cast<uint64_t>(voice), seconds), 0; });
}

JNIEXPORT void JNICALL Java_dev_noxrun_NoxrunPlayer_nativeVolume(JNIEnv *env, jclass, jlong handle, jdouble volume,
                                                                 jdouble seconds) {
  guarded(env, 0, [&] { return player(handle).set_volume(volume, seconds), 0; });
}

JNIEXPORT void JNICALL Java_dev_noxrun_NoxrunPlayer_nativeSuspend(JNIEnv *env, jclass, jlong handle, jboolean on) {
  guarded(env, 0, [&] { return player(handle).suspend(on == JNI_TRUE), 0; });
}

// Kind, detail, id, frame and count of each event, one after the other.
JNIEXPORT jlongArray JNICALL Java_dev_noxrun_NoxrunPlayer_nativePoll(JNIEnv *env, jclass, jlong handle) {
  return guarded(env, static_cast<jlongArray>(nullptr), [&] {
    std::vector<jlong> numbers;
    for (const noxrun_event &event : player(handle).poll()) {
      numbers.insert(numbers.end(), {static_cast<jlong>(event.kind), event.detail, static_cast<jlong>(event.id),
                                     static_cast<jlong>(event.frame), static_cast<jlong>(event.count)});
    }
    const auto length = static_cast<jsize>(numbers.size());
    jlongArray array = env->NewLongArray(length);
    if (array != nullptr) env->SetLongArrayRegion(array, 0, length, numbers.data());
    return array;
  });
}

// Sample rate, buffer size, output latency in seconds.
JNIEXPORT jdoubleArray JNICALL Java_dev_noxrun_NoxrunPlayer_nativeInfo(JNIEnv *env, jclass, jlong handle) {
  return guarded(env, static_cast<jdoubleArray>(nullptr), [&] {
    const noxrun_info info = player(handle).info();
    const jdouble numbers[] = {static_cast<jdouble>(info.sample_rate), static_cast<jdouble>(info.buffer_size),
                               info.output_latency};
    jdoubleArray array = env->NewDoubleArray(3);
    if (array != nullptr) env->SetDoubleArrayRegion(array, 0, 3, numbers);
    return array;
  });
}

}  // extern "C"
