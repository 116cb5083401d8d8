package dev.rouse.examples.chat;

import dev.rouse.io.TcpStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// A client in a simulation: in one channel, it keeps what others say there and answers pings.
final class SimulatedClient implements AutoCloseable {
    static final String CHANNEL = "#rouse";

    private final String nick;
    private final TcpStream stream;
    private final BufferedReader input;
    private final List<String> heard = new ArrayList<>();
    private int pings;

    private SimulatedClient(String nick, TcpStream stream) {
        this.nick = nick;
        this.stream = stream;
        this.input = new BufferedReader(new InputStreamReader(stream.inputStream(), StandardCharsets.UTF_8));
    }

    /// Connects, registers and joins the channel, by the calling function.
    static SimulatedClient join(InetSocketAddress server, String nick) throws IOException {
        SimulatedClient client = new SimulatedClient(nick, TcpStream.connect(server));
        try {
            client.register();
            return client;
        } catch (IOException | RuntimeException e) {
            client.leave();
            throw e;
        }
    }

    private void register() throws IOException {
        send("NICK " + nick);
        send("USER " + nick + " 0 * :" + nick);
        send("JOIN " + CHANNEL);
        String _ = readUntil(" 366 "); // the end of the names
    }

    /// Says something to the server, and listens until the line of this number.
    String ask(String question, String number) throws IOException {
        send(question);
        return readUntil(" " + number + " ");
    }

    private String readUntil(String wanted) throws IOException {
        String line;
        do {
            line = input.readLine();
            if (line == null) {
                throw new IOException("the server has closed: nick=" + nick);
            }
            hear(line);
        } while (!line.contains(wanted));
        return line;
    }

    private void hear(String line) throws IOException {
        if (line.startsWith("PING")) {
            pings++;
            send(line.replaceFirst("PING", "PONG"));
        } else if (line.contains(" PRIVMSG ")) {
            heard.add(line.substring(line.indexOf(" :") + 2));
        }
    }

    void say(String text) throws IOException {
        send("PRIVMSG " + CHANNEL + " :" + text);
    }

    private void send(String line) throws IOException {
        stream.write(ByteBuffer.wrap((line + "\r\n").getBytes(StandardCharsets.UTF_8)));
    }

    /// Listens until it has heard so many lines.
    void listen(int lines) throws IOException {
        while (heard.size() < lines) {
            String _ = readUntil(" PRIVMSG ");
        }
    }

    /// Listens until the server has closed the connection.
    void listenToTheEnd() throws IOException {
        try (stream) {
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                hear(line);
            }
        }
    }

    void leave() {
        stream.close();
    }

    @Override
    public void close() {
        leave();
    }

    /// What others have said, in the order in which it came.
    List<String> heard() {
        return heard;
    }

    int pings() {
        return pings;
    }
}
