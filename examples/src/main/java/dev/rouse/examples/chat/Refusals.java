package dev.rouse.examples.chat;

import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.rouse.actor.LimitExceededException;
import dev.rouse.io.TcpStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/// Tells connections that the server is full. For the accepting function only.
final class Refusals {
    /// How many are being told at one time; further ones are just closed. A guess.
    static final int AT_ONCE = 64;

    /// Time to read the line: a socket closed with input unread is reset, and the line may be lost.
    private static final Duration LINGER = Duration.ofMillis(500);

    private int underWay;

    void refuse(TcpStream stream) {
        if (underWay == AT_ONCE) {
            stream.close();
            return;
        }
        underWay++;
        boolean spawned = false;
        try {
            spawn(() -> tell(stream));
            spawned = true;
        } catch (LimitExceededException _) {
            // no room to tell it: it is just closed
        } finally {
            if (!spawned) {
                underWay--;
                stream.close();
            }
        }
    }

    private void tell(TcpStream stream) {
        try (stream) {
            stream.write(ByteBuffer.wrap("ERROR :Closing Link: (Server is full)\r\n".getBytes(US_ASCII)));
            stream.shutdownOutput();
            sleepFor(LINGER);
        } catch (IOException _) {
            // gone before it could be told
        } finally {
            underWay--;
        }
    }
}
