package dev.rouse.examples;

import dev.rouse.examples.bank.BankCommand;
import dev.rouse.examples.chat.ChatServer;
import dev.rouse.examples.echo.EchoServer;
import java.util.Arrays;

/// The main class of the examples' jar: the first argument names the program, which takes the others.
public final class Examples {
    private static final String PROGRAMS = "bank, chat-server, echo-server; each has --help";

    private Examples() {}

    /// Exits with the program's exit code, or with 2 when none is named.
    public static void main(String[] args) {
        System.exit(execute(args));
    }

    static int execute(String... args) {
        String program = args.length == 0 ? "" : args[0];
        String[] rest = Arrays.copyOfRange(args, Math.min(1, args.length), args.length);
        return switch (program) {
            case "bank" -> BankCommand.execute(rest);
            case "chat-server" -> ChatServer.execute(rest);
            case "echo-server" -> EchoServer.execute(rest);
            case "-h", "--help" -> {
                System.out.println("programs: " + PROGRAMS);
                yield 0;
            }
            default -> {
                System.err.println("no such program: name='" + program + "', programs: " + PROGRAMS);
                yield 2;
            }
        };
    }
}
