package dev.rouse.examples.chat;

import static dev.rouse.actor.Rouse.await;
import static dev.rouse.actor.Rouse.sleepFor;
import static dev.rouse.actor.Rouse.spawn;
import static dev.rouse.actor.Rouse.spawnActor;

import dev.rouse.actor.ActorOptions;
import dev.rouse.actor.ActorRef;
import dev.rouse.actor.AskTimeoutException;
import dev.rouse.actor.CancelledException;
import dev.rouse.actor.Task;
import dev.rouse.io.ByteStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Set;

/// One client's connection, in direct style from the first byte to the last.
///
/// The function that runs [#serve] reads and obeys. It has three children on its shard: the client actor, which takes
/// lines for the client; a function that writes them; and one that watches for silence. Whoever ends the conversation
/// does so by telling the client actor to hang up. When the stream has ended, this function takes leave of the channels
/// and all is over.
final class Connection {
    /// Messages on their way to a client, not yet among its outbound bytes. A guess: more than channels send
    /// between two turns.
    private static final int CLIENT_MAILBOX = 4_096;

    private static final System.Logger LOG = System.getLogger("dev.rouse.examples.chat");

    private final ChatContext context;
    private final ChatLimits limits;
    private final ByteStream stream;
    private final String host;
    private final Outbound outbound;
    private final LineDecoder decoder = new LineDecoder();
    private final TokenBucket allowance;
    private long heardAtNanos;

    Connection(ChatContext context, ByteStream stream) {
        this.context = context;
        this.limits = context.options().limits();
        this.stream = stream;
        this.host = host(((InetSocketAddress) stream.remoteAddress()).getAddress());
        this.outbound = new Outbound(limits.sendQueueBytes());
        this.heardAtNanos = context.clock().nanoTime();
        this.allowance = new TokenBucket(limits.flood().burst(), limits.flood().perSecond(), heardAtNanos);
    }

    /// Serves the client until its connection has ended. What goes wrong here ends this connection only.
    void serve() {
        Profile nobody = new Profile("*", "*", host, "", "", Set.of(), 0);
        ActorRef<ClientMessage> me = spawnActor(
                "client",
                ActorOptions.defaults().withMailbox(CLIENT_MAILBOX),
                () -> new Client(stream, outbound, context.clock(), nobody));
        Session session = new Session(context, me, outbound, nobody);
        context.registry().tell(new RegistryMessage.Arrived(me));
        try {
            attend(session);
        } finally {
            depart(session);
        }
    }

    private void attend(Session session) {
        Task<Void> writer = spawn(this::write);
        Task<Void> watch = spawn(() -> watchForSilence(session));
        try {
            String reason = reasonFor(session, converse(session));
            takeLeave(session, reason);
            session.me().tell(new ClientMessage.HangUp(reason));
            await(writer);
            discardInput();
        } finally {
            watch.cancel();
            writer.cancel();
        }
    }

    /// What must happen however the conversation ended: after an error in a command no leave was taken.
    private void depart(Session session) {
        stream.close();
        try {
            session.leaveChannels();
        } finally {
            context.registry().tell(new RegistryMessage.Departed(session.me()));
        }
    }

    /// Reads lines and obeys them until one side has had enough. Answers why, as far as it can be seen from here.
    private String converse(Session session) {
        try {
            for (ByteBuffer segment = stream.read(); segment != null; segment = stream.read()) {
                heardAtNanos = context.clock().nanoTime();
                obey(session, segment);
                if (session.hasQuit()) {
                    return session.quitReason();
                }
            }
            return "Connection closed";
        } catch (IOException e) {
            return e instanceof ClosedChannelException ? "Connection closed" : "Read error";
        } catch (CancelledException e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a command failed and its connection is closed: host=" + host, e);
            return "Internal error";
        }
    }

    private void obey(Session session, ByteBuffer segment) {
        for (var input = decoder.next(segment); input != null; input = decoder.next(segment)) {
            if (outbound.isFinished()) {
                return;
            }
            if (!allowance.tryTake(context.clock().nanoTime())) {
                session.quit("Excess Flood");
                return;
            }
            switch (input) {
                case LineDecoder.Input.Line(var text) -> {
                    IrcMessage message = IrcMessage.parse(text);
                    if (message != null) {
                        CommandTable.run(session, message);
                    }
                }
                case LineDecoder.Input.TooLong() -> session.reply(Numeric.ERR_INPUTTOOLONG);
                case LineDecoder.Input.StillTooLong() -> {}
            }
            if (session.hasQuit()) {
                return;
            }
        }
    }

    /// Where the client actor hung up first, it knows why. If it has been stopped, that was for being too slow.
    private String reasonFor(Session session, String seen) {
        try {
            String hungUp =
                    session.tryAsk(session.me(), ClientMessage.AskReason::new).orElse(Client.TOO_SLOW);
            return hungUp.isEmpty() ? seen : hungUp;
        } catch (AskTimeoutException _) {
            return seen; // the client actor is far behind; leave must be taken all the same
        }
    }

    /// Everybody who shared a channel hears of it once.
    private void takeLeave(Session session, String reason) {
        var delivery =
                new ClientMessage.Deliver(Packet.of(":" + session.profile().mask() + " QUIT :" + reason));
        session.quitChannels().forEach(client -> ClientMessage.post(client, delivery));
        context.registry().tell(new RegistryMessage.GaveUpNick(session.me()));
    }

    /// Reads until the client has closed its side too, or the client actor's patience is at its end: a socket
    /// closed with input unread would be reset, and the client might never see the last line.
    private void discardInput() {
        try {
            ByteBuffer ignored = stream.read();
            while (ignored != null) {
                ignored = stream.read();
            }
        } catch (IOException _) {
            // the stream has ended the other way; there is nothing left to wait for
        }
    }

    private void write() {
        try {
            outbound.writeTo(stream);
        } catch (IOException _) {
            // the reader sees the stream end too and takes leave
            stream.close();
        }
    }

    private void watchForSilence(Session session) {
        sleepFor(limits.registerWithin());
        if (!session.registration().isComplete()) {
            session.me().tell(new ClientMessage.HangUp("Registration timed out"));
            return;
        }
        while (true) {
            long asked = askWhenSilent(session);
            sleepFor(limits.ping().timeout());
            if (heardAtNanos - asked < 0) {
                long seconds =
                        limits.ping().after().plus(limits.ping().timeout()).toSeconds();
                session.me().tell(new ClientMessage.HangUp("Ping timeout: " + seconds + " seconds"));
                return;
            }
        }
    }

    /// Waits until nothing was heard for long enough, then sends a PING. Answers when that was.
    private long askWhenSilent(Session session) {
        while (true) {
            long now = context.clock().nanoTime();
            Duration left = limits.ping().after().minusNanos(now - heardAtNanos);
            if (!left.isPositive()) {
                session.me()
                        .tell(new ClientMessage.Deliver(
                                Packet.of("PING :" + context.replies().server())));
                return now;
            }
            sleepFor(left);
        }
    }

    /// The address as it stands in masks: one that starts with a colon would look like a trailing parameter.
    private static String host(InetAddress address) {
        String text = address.getHostAddress();
        int scope = text.indexOf('%');
        String plain = scope < 0 ? text : text.substring(0, scope);
        return plain.startsWith(":") ? "0" + plain : plain;
    }
}
