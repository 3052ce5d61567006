package dev.noxrun;

import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Plays sounds. Any thread may call it; {@link #open}, {@link #load}, {@link #suspend} and
 * {@link #close} may wait for the device, so not on the main thread. After {@link #close} every call
 * throws {@link IllegalStateException}.
 */
public final class NoxrunPlayer implements AutoCloseable {
    /** Of noxrun.h; joined by {@code |}. */
    public static final int PLAYBACK = 1, CAPTURE = 2, ALLOW_VIRTUAL = 8;
    /** Of {@code noxrun_event_kind}: the first number of each five of {@link #poll}. */
    public static final int STARTED = 0, ENDED = 1, DEVICE = 4;

    static {
        System.loadLibrary("noxrun_jni");
    }

    /** Calls share it; close() has it alone, for it must be the last call. */
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private long handle;

    private interface Call<T> {
        T with(long handle);
    }

    /**
     * @param context An android.content.Context; of the application is best.
     * @param output Null: the default output.
     * @param bufferSize Frames; 0: 256. Best AudioManager.PROPERTY_OUTPUT_FRAMES_PER_BUFFER.
     */
    public static NoxrunPlayer open(Object context, int mode, String output, String input, int bufferSize) {
        NoxrunPlayer player = new NoxrunPlayer();
        player.handle = nativeOpen(context, mode, output, input, bufferSize);
        return player;
    }

    private NoxrunPlayer() {}

    public int load(String path) {
        return call(handle -> nativeLoad(handle, path));
    }

    public long play(int sample, double gain, boolean repeat) {
        return call(handle -> nativePlay(handle, sample, gain, repeat));
    }

    public void stop(long voice, double seconds) {
        call(handle -> {
            nativeStop(handle, voice, seconds);
            return null;
        });
    }

    public void volume(double volume, double seconds) {
        call(handle -> {
            nativeVolume(handle, volume, seconds);
            return null;
        });
    }

    /** When a call comes in or the app goes to the background; {@code false} when it is over. */
    public void suspend(boolean on) {
        call(handle -> {
            nativeSuspend(handle, on);
            return null;
        });
    }

    /** Kind, detail, id, frame and count of each event since the last call, one after the other. */
    public long[] poll() {
        return call(NoxrunPlayer::nativePoll);
    }

    /** Sample rate, buffer size, output latency in seconds. */
    public double[] info() {
        return call(NoxrunPlayer::nativeInfo);
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            nativeClose(handle);
            handle = 0;
        } finally {
            lock.writeLock().unlock();
        }
    }

    private <T> T call(Call<T> call) {
        lock.readLock().lock();
        try {
            if (handle == 0) throw new IllegalStateException("the player is closed");
            return call.with(handle);
        } finally {
            lock.readLock().unlock();
        }
    }

    private static native long nativeOpen(Object context, int mode, String output, String input, int bufferSize);
    private static native void nativeClose(long handle);
    private static native int nativeLoad(long handle, String path);
    private static native long nativePlay(long handle, int sample, double gain, boolean repeat);
    private static native void nativeStop(long handle, long voice, double seconds);
    private static native void nativeVolume(long handle, double volume, double seconds);
    private static native void nativeSuspend(long handle, boolean on);
    private static native long[] nativePoll(long handle);
    private static native double[] nativeInfo(long handle);
}
