package dev.rouse.examples.chat;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A client with a blocking socket. Every wait for input has a deadline, and a failure shows what was heard so far.
final class TestClient implements AutoCloseable {
    private static final int DEADLINE_MILLIS = 10_000;

    private final Socket socket;
    private final InputStream in;
    private final List<String> transcript = new ArrayList<>();
    private int fences;

    private TestClient(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
        socket.setSoTimeout(DEADLINE_MILLIS);
    }

    static TestClient connect(InetSocketAddress address) {
        return connect(address, 0);
    }

    /// With a small receive buffer, so that what is not read soon stays with the server.
    static TestClient connect(InetSocketAddress address, int receiveBufferBytes) {
        try {
            Socket socket = new Socket();
            if (receiveBufferBytes > 0) {
                socket.setReceiveBufferSize(receiveBufferBytes);
            }
            socket.connect(address, DEADLINE_MILLIS);
            return new TestClient(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Takes over a socket that is connected.
    static TestClient over(Socket socket) throws IOException {
        return new TestClient(socket);
    }

    void send(String... lines) {
        sendRaw(String.join("\r\n", lines) + "\r\n");
    }

    /// Each char is one byte.
    void sendRaw(String bytes) {
        try {
            socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot send; heard so far: " + transcript, e);
        }
    }

    /// The next line, or fails at the end of the stream.
    String line() {
        String line = lineOrEnd();
        if (line == null) {
            throw new AssertionError("the server closed the connection; heard so far: " + transcript);
        }
        return line;
    }

    /// The next line that contains `text`; what comes before is skipped.
    String expect(String text) {
        String line = line();
        while (!line.contains(text)) {
            line = line();
        }
        return line;
    }

    /// All lines up to the one that contains `text`, that one included.
    List<String> readTo(String text) {
        List<String> lines = new ArrayList<>();
        do {
            lines.add(line());
        } while (!lines.getLast().contains(text));
        return lines;
    }

    /// Everything that the server had for this client when it got this.
    List<String> drain() {
        String fence = "fence-" + ++fences;
        send("PING :" + fence);
        List<String> lines = readTo("PONG irc.test :" + fence);
        lines.removeLast();
        return lines;
    }

    /// Returns once the channel has handled everything sent to it before; what came meanwhile is returned.
    List<String> drain(String channel) {
        send("MODE " + channel);
        List<String> lines = readTo(" 329 ");
        lines.removeIf(l -> l.contains(" 324 ") || l.contains(" 329 "));
        return lines;
    }

    /// Sends and returns all answers up to now.
    List<String> ask(String... lines) {
        send(lines);
        return drain();
    }

    /// All lines up to the end of the stream, however it ended.
    List<String> readToTheEnd() {
        List<String> lines = new ArrayList<>();
        for (String line = lineOrEnd(); line != null; line = lineOrEnd()) {
            lines.add(line);
        }
        return lines;
    }

    void endOutput() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The next line without its end, or null at the end of the stream or when the server has reset the connection.
    @Nullable
    String lineOrEnd() {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        try {
            for (int b = in.read(); b >= 0; b = in.read()) {
                if (b == '\n') {
                    String text = line.toString(ISO_8859_1).replaceAll("\r$", "");
                    transcript.add(text);
                    return text;
                }
                line.write(b);
            }
            return null;
        } catch (SocketTimeoutException e) {
            throw new AssertionError("nothing came in time; heard so far: " + transcript, e);
        } catch (IOException e) {
            return null;
        }
    }
}
