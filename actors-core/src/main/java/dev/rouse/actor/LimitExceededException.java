package dev.rouse.actor;

/// A limit of the system was reached; nothing was created.
public final class LimitExceededException extends RouseException {
    private static final long serialVersionUID = 1L;

    private final String limit;
    private final long value;

    LimitExceededException(String limit, long value, String owner) {
        this(limit, value, owner, "raise Limits." + limit + " or offer less work");
    }

    LimitExceededException(String limit, long value, String owner, String remedy) {
        super("limit reached: limit=" + limit + ", value=" + value + ", owner=" + owner + "; " + remedy, null);
        this.limit = limit;
        this.value = value;
    }

    /// The name of the component of [Limits].
    public String limit() {
        return limit;
    }

    /// Its value.
    public long value() {
        return value;
    }
}
