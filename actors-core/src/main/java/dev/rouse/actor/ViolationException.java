package dev.rouse.actor;

import java.util.List;
import java.util.stream.Collectors;

/// A rule of the usage model was broken: a mistake in the program, to be mended there. The message begins with the code
/// of the [Violation] and ends with what to do.
public class ViolationException extends RouseException {
    private static final long serialVersionUID = 1L;

    private final Violation violation;

    ViolationException(Violation violation, String what) {
        this(violation, what, List.of());
    }

    /// @param details lines below the message
    ViolationException(Violation violation, String what, List<String> details) {
        super(violation.message(what) + details.stream().map("\n  "::concat).collect(Collectors.joining()), null);
        this.violation = violation;
    }

    /// The rule that was broken.
    public final Violation violation() {
        return violation;
    }
}
