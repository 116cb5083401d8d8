package dev.rouse.io;

import dev.rouse.actor.Admission;
import dev.rouse.actor.Violation;
import java.lang.StackWalker.Option;
import java.lang.StackWalker.StackFrame;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// What kind of socket it is, and where in the program and in which system it was opened. Any thread.
///
/// Always known, since a leak is seen long after its cause, and mostly where nobody can try again. It costs a look at
/// the top of the stack, which is little beside the system calls that open a socket, and one frame, which is made text
/// only when it is asked for. The streams of a listener share the place that was the first to accept there, so that an
/// accept costs nothing more.
final class Origin {

    /// Frames that are looked at: who opens a socket is near. A guess.
    private static final int MOST_FRAMES = 64;

    /// Leaks told of that belong to no system. A guess, as of those that do.
    private static final int MOST_TOLD = 256;

    /// Whoever opens sockets for the user. A list, since a test of this package is a user.
    private static final Set<Class<?>> OURS = Set.of(
            Origin.class, Connecting.class, TcpStream.class, TcpListener.class, UdpSocket.class, TlsStream.class);

    private static final StackWalker STACK = StackWalker.getInstance(Option.RETAIN_CLASS_REFERENCE);

    /// See [#MOST_TOLD].
    private static final Set<String> TOLD = ConcurrentHashMap.newKeySet();

    private final String kind;
    private final @Nullable StackFrame frame;

    /// Null if it was opened outside of a function.
    private final @Nullable Admission system;

    private Origin(String kind, @Nullable StackFrame frame, @Nullable Admission system) {
        this.kind = kind;
        this.frame = frame;
        this.system = system;
    }

    /// The place in the user's code that has called what calls this.
    static Origin here(String kind) {
        Optional<StackFrame> user = STACK.walk(
                frames -> frames.limit(MOST_FRAMES).filter(Origin::isOfUser).findFirst());
        return new Origin(kind, user.orElse(null), Admission.currentOrNull());
    }

    private static boolean isOfUser(StackFrame frame) {
        Class<?> type = frame.getDeclaringClass();
        return !OURS.contains(type.getNestHost())
                && !type.getPackageName().startsWith("java.")
                && !type.getPackageName().startsWith("jdk.")
                && !type.getPackageName().equals("dev.rouse.actor")
                && !type.getPackageName().equals("dev.rouse.dispatch");
    }

    String kind() {
        return kind;
    }

    /// Such as `Shop.serve(Shop.java:12)`; `unknown` where no code of the user was on the stack, as of
    /// `system.spawn(listener::accept)`.
    String place() {
        if (frame == null) {
            return "unknown";
        }
        String type = frame.getClassName();
        return type.substring(type.lastIndexOf('.') + 1) + "." + frame.getMethodName() + "(" + frame.getFileName() + ":"
                + frame.getLineNumber() + ")";
    }

    /// Reports that the socket was leaked, to the system that it belonged to.
    ///
    /// @param owner of the shard on which it was used; null if that has not come about
    void reportLeak(@Nullable Admission owner, String subject) {
        String place = place();
        String what = "a socket was not closed, and nobody holds it any more: " + subject + ", opened at=" + place;
        Admission reporting = owner == null ? system : owner;
        if (reporting != null) {
            reporting.report(Violation.SOCKET_LEAKED, kind + place, what);
        } else if (TOLD.size() < MOST_TOLD && TOLD.add(kind + place)) {
            tellOutsideOfSystems(what);
        }
    }

    /// On a thread of its own, since a log handler may take its time.
    private static void tellOutsideOfSystems(String what) {
        Violation violation = Violation.SOCKET_LEAKED;
        String text = violation.code() + " " + what + "; " + violation.remedy();
        Thread.ofPlatform()
                .daemon()
                .name("rouse-report")
                .start(() -> System.getLogger(NioPoller.LOG).log(System.Logger.Level.WARNING, text));
    }
}
