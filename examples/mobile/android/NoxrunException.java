package dev.noxrun;

/** A failed call: the message is for people, {@link #status} for programs. */
public final class NoxrunException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Of {@code noxrun_status}: the app may not record, or a path may not be read. */
    public static final int ACCESS = -9;
    /** Of {@code noxrun_status}: there is no usable device. */
    public static final int NO_DEVICE = -1;

    /** A {@code noxrun_status} of noxrun.h. */
    public final int status;

    public NoxrunException(int status, String message) {
        super(message);
        this.status = status;
    }
}
