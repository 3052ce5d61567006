package dev.noxrun;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** Runs NoxrunPlayer on a desktop's Java, on the virtual device. Ends with the number of checks. */
final class PlayerTest {
    private static int checks;

    private static void check(boolean condition, String what) {
        checks++;
        if (!condition) throw new AssertionError(what);
    }

    private static boolean comes(NoxrunPlayer player, int kind, long id) throws InterruptedException {
        long end = System.nanoTime() + 10_000_000_000L;
        while (System.nanoTime() < end) {
            long[] events = player.poll();
            for (int at = 0; at < events.length; at += 5) {
                if (events[at] == kind && events[at + 2] == id) return true;
            }
            Thread.sleep(5);
        }
        return false;
    }

    /** A tenth of a second of a constant, 16-bit mono. */
    private static void writeWav(Path file) throws IOException {
        int frames = 4800;
        ByteBuffer wav = ByteBuffer.allocate(44 + 2 * frames).order(ByteOrder.LITTLE_ENDIAN);
        wav.put("RIFF".getBytes()).putInt(36 + 2 * frames).put("WAVEfmt ".getBytes()).putInt(16);
        wav.putShort((short) 1).putShort((short) 1).putInt(48000).putInt(96000).putShort((short) 2).putShort((short) 16);
        wav.put("data".getBytes()).putInt(2 * frames);
        for (int frame = 0; frame < frames; frame++) wav.putShort((short) 8000);
        Files.write(file, wav.array());
    }

    public static void main(String[] arguments) throws Exception {
        Path file = Path.of(arguments[0]);
        writeWav(file);
        NoxrunPlayer player = NoxrunPlayer.open(null, NoxrunPlayer.PLAYBACK, "virtual", null, 0);
        double[] info = player.info();
        check(info[0] == 48000 && info[1] > 0 && info[2] >= 0, "rate, size and latency");
        int sample = player.load(file.toString());
        long once = player.play(sample, 1.0, false);
        check(comes(player, NoxrunPlayer.ENDED, once), "a sound ends by itself");
        long looped = player.play(sample, 0.5, true);
        check(comes(player, NoxrunPlayer.STARTED, looped), "a loop starts");
        player.volume(0.5, 0.02);
        player.suspend(true);
        player.suspend(false);
        player.stop(looped, 0.01);
        check(comes(player, NoxrunPlayer.ENDED, looped), "a stopped loop ends");
        try {
            player.load("/no/such/file.wav");
            check(false, "a missing file is an exception");
        } catch (NoxrunException error) {
            check(error.status == -8 && error.getMessage().contains("/no/such/file.wav"), "and says which file");
        }
        try {
            NoxrunPlayer.open(null, NoxrunPlayer.PLAYBACK, "nonsense", null, 0);
            check(false, "a missing device is an exception");
        } catch (NoxrunException error) {
            check(error.status == NoxrunException.NO_DEVICE, "with its number");
        }
        // Others still call while it is closed.
        Thread caller = new Thread(() -> {
            try {
                while (true) player.poll();
            } catch (IllegalStateException closed) {
                // As promised.
            }
        });
        caller.start();
        Thread.sleep(50);
        player.close();
        caller.join(10_000);
        check(!caller.isAlive(), "a closed player says so to whoever calls it");
        player.close();
        System.out.println(checks + " checks passed");
    }
}
