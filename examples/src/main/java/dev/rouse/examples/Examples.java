package dev.rouse.examples;

import dev.rouse.examples.chat.ChatServer;
import dev.rouse.examples.echo.EchoServer;
import java.util.Arrays;

/// The main class of the examples' jar: the first argument names the program, which takes the others.
public final class Examples {
    private Examples() {}

    /// Exits with the program's exit code, or 2 when none is named.
    public static void main(String[] args) {
        String program = args.length == 0 ? "" : args[0];
        String[] rest = args.length == 0 ? args : Arrays.copyOfRange(args, 1, args.length);
        System.exit(
                switch (program) {
                    case "chat-server" -> ChatServer.execute(rest);
                    case "echo-server" -> EchoServer.execute(rest);
                    default -> {
                        System.err.println("rouse: no such program: name='" + program
                                + "'; name one of chat-server, echo-server, and --help for its options");
                        yield 2;
                    }
                });
    }
}
