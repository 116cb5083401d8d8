package dev.rouse.examples.bank;

import dev.rouse.actor.ActorSystem;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The `bank` command around [BankDay]. It ends with 0 when not a cent was lost, with 1 when one was, with 2 for wrong
/// options.
@Command(
        name = "bank",
        mixinStandardHelpOptions = true,
        description = "Moves money between accounts that crash now and then, and counts it in the end.")
public final class BankCommand implements Callable<Integer> {
    private static final int MOST = 1_000_000;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before anything else
    private CommandSpec spec;

    @Option(names = "--accounts", description = "Accounts (default: ${DEFAULT-VALUE}).")
    private int accounts = 100;

    @Option(names = "--transfers", description = "Transfers that are tried (default: ${DEFAULT-VALUE}).")
    private int transfers = 10_000;

    @Option(names = "--at-once", description = "Transfers under way at a time (default: ${DEFAULT-VALUE}).")
    private int atOnce = 50;

    @Option(
            names = "--fault-rate",
            description = "How many of the ledger's entries fail, 0 to 0.5 (default: ${DEFAULT-VALUE}).")
    private double faultRate = 0.01;

    @Option(names = "--seed", description = "Decides who pays whom, and what fails (default: ${DEFAULT-VALUE}).")
    private long seed = 1;

    /// Runs the command; returns its exit code.
    public static int execute(String... args) {
        return new CommandLine(new BankCommand())
                .setParameterExceptionHandler(BankCommand::explain)
                .execute(args);
    }

    /// One sentence instead of the whole usage.
    private static int explain(ParameterException e, String[] args) {
        e.getCommandLine().getErr().println("bank: " + e.getMessage() + " (see --help)");
        return ExitCode.USAGE;
    }

    @Override
    public Integer call() {
        requireRange("--accounts", accounts);
        requireRange("--transfers", transfers);
        requireRange("--at-once", atOnce);
        if (!(faultRate >= 0 && faultRate <= 0.5)) {
            throw new ParameterException(
                    spec.commandLine(), "wrong value: option=--fault-rate, value=" + faultRate + ", allowed=0 to 0.5");
        }
        try (ActorSystem system = ActorSystem.create()) {
            BankDay.Result result = new BankDay(accounts, transfers, atOnce, faultRate, seed).run(system);
            spec.commandLine().getOut().println(describe(result));
            return result.isBalanced() ? ExitCode.OK : ExitCode.SOFTWARE;
        }
    }

    private static String describe(BankDay.Result result) {
        return "transfers: moved=" + result.moved() + ", refused=" + result.refused() + "; cents: expected="
                + result.expected() + ", counted=" + result.counted();
    }

    private void requireRange(String option, int value) {
        if (value < 1 || value > MOST) {
            throw new ParameterException(
                    spec.commandLine(),
                    "wrong value: option=" + option + ", value=" + value + ", allowed=1 to " + MOST);
        }
    }
}
