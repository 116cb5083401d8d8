package dev.rouse.perf;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.Callable;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// The client side of scenarios, in a process of its own. Does what the lines on its input say, and answers
/// each with one line:
///
/// | request | answer |
/// |---|---|
/// | `OPEN port count` | `OPENED count` |
/// | `RUN millis` | `DONE requests nanos histogram` |
/// | `CLOSE` | `CLOSED` |
/// | `HOLD port count` | `HOLDS count`: opens further ones on which nothing happens |
/// | `GREET` | `GREETED count`: one echo on each that is held |
/// | `RELEASE` | `RELEASED`: closes those that are held |
/// | `STORM port perSecond millis` | `STORMED …`, see [Storm] |
/// | `FLOCK port clients millis` | `STORMED …`, see [Storm] |
@Command(name = "generate", hidden = true, description = "Loads a server (used by 'perf run').")
final class GenerateCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        try (LoadGenerator generator = new LoadGenerator();
                HeldConnections held = new HeldConnections()) {
            for (String request = in.readLine(); request != null; request = in.readLine()) {
                out.println(answer(generator, held, request.split(" ", -1)));
                out.flush();
            }
        }
        return ExitCode.OK;
    }

    private static String answer(LoadGenerator generator, HeldConnections held, String[] words) throws IOException {
        return switch (words[0]) {
            case "OPEN" -> {
                generator.open(Integer.parseInt(words[1]), Integer.parseInt(words[2]));
                yield "OPENED " + words[2];
            }
            case "RUN" -> encode(generator.run(millis(words[1])));
            case "CLOSE" -> {
                generator.closeConnections();
                yield "CLOSED";
            }
            case "HOLD" -> {
                held.open(Integer.parseInt(words[1]), Integer.parseInt(words[2]));
                yield "HOLDS " + words[2];
            }
            case "GREET" -> "GREETED " + held.greet();
            case "RELEASE" -> {
                held.close();
                yield "RELEASED";
            }
            case "STORM" -> {
                try (Storm storm = new Storm(Integer.parseInt(words[1]))) {
                    yield storm.atRate(Double.parseDouble(words[2]), millis(words[3]))
                            .line();
                }
            }
            case "FLOCK" -> {
                try (Storm storm = new Storm(Integer.parseInt(words[1]))) {
                    yield storm.ofClients(Integer.parseInt(words[2]), millis(words[3]))
                            .line();
                }
            }
            default -> throw new IOException("unknown request: words=" + Arrays.toString(words));
        };
    }

    private static Duration millis(String word) {
        return Duration.ofMillis(Long.parseLong(word));
    }

    static String encode(LoadGenerator.Outcome outcome) {
        return "DONE " + outcome.requests() + " " + outcome.nanos() + " " + encode(outcome.latency());
    }

    static String encode(Histogram latency) {
        ByteBuffer bytes = ByteBuffer.allocate(latency.getNeededByteBufferCapacity());
        int length = latency.encodeIntoCompressedByteBuffer(bytes);
        return Base64.getEncoder().encodeToString(Arrays.copyOf(bytes.array(), length));
    }

    /// The inverse of [#encode(LoadGenerator.Outcome)].
    static LoadGenerator.Outcome decode(String line) throws IOException {
        String[] words = line.split(" ", -1);
        if (words.length != 4 || !words[0].equals("DONE")) {
            throw new IOException("not an outcome: line=" + line);
        }
        return new LoadGenerator.Outcome(Long.parseLong(words[1]), Long.parseLong(words[2]), histogram(words[3]));
    }

    /// The inverse of [#encode(Histogram)].
    static Histogram histogram(String text) throws IOException {
        try {
            return Histogram.decodeFromCompressedByteBuffer(
                    ByteBuffer.wrap(Base64.getDecoder().decode(text)), 0);
        } catch (DataFormatException failure) {
            throw new IOException("not a histogram: text=" + text, failure);
        }
    }
}
