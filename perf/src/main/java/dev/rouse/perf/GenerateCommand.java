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

/// The client side of the echo scenarios, in a process of its own. Does what the lines on its input say, and answers
/// each with one line:
///
/// | request | answer |
/// |---|---|
/// | `OPEN port count` | `OPENED count` |
/// | `RUN millis` | `DONE requests nanos histogram` |
/// | `CLOSE` | `CLOSED` |
@Command(name = "generate", hidden = true, description = "Loads an echo server (used by 'perf run echo').")
final class GenerateCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        try (LoadGenerator generator = new LoadGenerator()) {
            for (String request = in.readLine(); request != null; request = in.readLine()) {
                out.println(answer(generator, request.split(" ", -1)));
                out.flush();
            }
        }
        return ExitCode.OK;
    }

    private static String answer(LoadGenerator generator, String[] words) throws IOException {
        return switch (words[0]) {
            case "OPEN" -> {
                generator.open(Integer.parseInt(words[1]), Integer.parseInt(words[2]));
                yield "OPENED " + words[2];
            }
            case "RUN" -> encode(generator.run(Duration.ofMillis(Long.parseLong(words[1]))));
            case "CLOSE" -> {
                generator.closeConnections();
                yield "CLOSED";
            }
            default -> throw new IOException("unknown request: words=" + Arrays.toString(words));
        };
    }

    static String encode(LoadGenerator.Outcome outcome) {
        Histogram latency = outcome.latency();
        ByteBuffer bytes = ByteBuffer.allocate(latency.getNeededByteBufferCapacity());
        int length = latency.encodeIntoCompressedByteBuffer(bytes);
        String text = Base64.getEncoder().encodeToString(Arrays.copyOf(bytes.array(), length));
        return "DONE " + outcome.requests() + " " + outcome.nanos() + " " + text;
    }

    /// The inverse of [#encode].
    static LoadGenerator.Outcome decode(String line) throws IOException {
        String[] words = line.split(" ", -1);
        if (words.length != 4 || !words[0].equals("DONE")) {
            throw new IOException("not an outcome: line=" + line);
        }
        ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(words[3]));
        try {
            Histogram latency = Histogram.decodeFromCompressedByteBuffer(bytes, 0);
            return new LoadGenerator.Outcome(Long.parseLong(words[1]), Long.parseLong(words[2]), latency);
        } catch (DataFormatException failure) {
            throw new IOException("not a histogram: line=" + line, failure);
        }
    }
}
