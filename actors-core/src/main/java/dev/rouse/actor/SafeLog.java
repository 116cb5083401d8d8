package dev.rouse.actor;

import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/// How this package logs where a log handler may block: in turns, and on threads of its own. On a carrier it is
/// [dev.rouse.dispatch.Shard#report] instead.
///
/// What a handler throws ends here: whoever reports a failure is often half way through the end of something, and must
/// come to that end. There is no second place to report to.
final class SafeLog {
    private SafeLog() {}

    static void log(System.Logger log, Level level, String what, @Nullable Throwable failure) {
        try {
            log.log(level, what, failure);
        } catch (Throwable _) {
            // see above
        }
    }
}
