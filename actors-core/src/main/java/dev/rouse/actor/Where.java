package dev.rouse.actor;

import java.util.Set;

/// The place in the user's code that a stack has come from.
final class Where {
    /// The classes of this package through which a wait goes.
    private static final Set<String> OWN = Set.of(
            "ActorCell",
            "ActorSystem",
            "Ask",
            "AwaitAll",
            "AwaitAny",
            "Cell",
            "CycleFound",
            "DirectCell",
            "Dump",
            "FunctionCell",
            "Join",
            "LocalSystem",
            "Mailbox",
            "MessageCell",
            "Outcome",
            "PendingSend",
            "Promise",
            "Rouse",
            "Rules",
            "Sequence",
            "SequencePublisher",
            "ShardExecutor",
            "Signal",
            "Suspension",
            "WaitGraph",
            "Where");

    private static final String HERE = Where.class.getPackageName() + ".";

    private Where() {}

    /// Has the class initialised, before a shard starts: on a shard, that could block.
    static void prepare() {}

    /// The first frame that belongs neither to the JDK nor to this library, such as `Bank.transfer(Bank.java:12)`;
    /// `unknown` where there is none.
    static String of(StackTraceElement[] stack) {
        for (StackTraceElement frame : stack) {
            if (!isOurs(frame.getClassName())) {
                String type = frame.getClassName();
                return type.substring(type.lastIndexOf('.') + 1) + "." + frame.getMethodName() + "("
                        + frame.getFileName() + ":" + frame.getLineNumber() + ")";
            }
        }
        return "unknown";
    }

    private static boolean isOurs(String type) {
        if (type.startsWith("java.") || type.startsWith("jdk.") || type.startsWith("dev.rouse.dispatch.")) {
            return true;
        }
        if (!type.startsWith(HERE)) {
            return false;
        }
        int nested = type.indexOf('$');
        return OWN.contains(type.substring(HERE.length(), nested < 0 ? type.length() : nested));
    }
}
