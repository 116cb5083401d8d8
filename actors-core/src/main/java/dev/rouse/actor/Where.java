package dev.rouse.actor;

import java.util.Set;

/// The place in the user's code that a stack has come from.
final class Where {
    /// The classes of this package that may be on the stack of a wait: all that have code. A list, since a test of
    /// this package is not one of ours.
    private static final Set<String> OWN = Set.of(
            "ActorCell",
            "ActorSystem",
            "Admission",
            "Annex",
            "Ask",
            "AwaitAll",
            "AwaitAny",
            "Cell",
            "Chain",
            "Control",
            "Culprits",
            "CycleCheck",
            "CycleFound",
            "CycleProbe",
            "DeadLetters",
            "Deadline",
            "DeathWatch",
            "DirectCell",
            "Dropped",
            "DroppedReply",
            "DroppedWaker",
            "Dump",
            "Durations",
            "Escalation",
            "Events",
            "FaultyActor",
            "FaultyInbox",
            "FaultyMailbox",
            "FaultyReply",
            "FaultySlots",
            "FunctionCell",
            "FurtherFailures",
            "Grace",
            "GroupRestart",
            "Join",
            "Json",
            "Limits",
            "LocalSystem",
            "LongWaits",
            "Mailbox",
            "Management",
            "MessageCell",
            "MessageTimer",
            "Names",
            "Node",
            "OrderlyStop",
            "Outcome",
            "Patience",
            "PendingSend",
            "Promise",
            "Recipient",
            "RemoteAwait",
            "ReplyHandle",
            "Restarts",
            "Rouse",
            "Rules",
            "SafeLog",
            "Sequence",
            "SequencePublisher",
            "ShardDump",
            "ShardExecutor",
            "Shedding",
            "Sightings",
            "Signal",
            "SlotWait",
            "Slots",
            "Supervised",
            "Supervision",
            "Suspension",
            "Timeout",
            "Violation",
            "WaitGraph",
            "Waits",
            "WakerHandle",
            "Watchdog",
            "Where");

    private static final String HERE = Where.class.getPackageName() + ".";

    private Where() {}

    /// Has the class initialised, before a shard starts: on a shard, that could block.
    static void prepare() {}

    static Set<String> own() {
        return OWN;
    }

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
