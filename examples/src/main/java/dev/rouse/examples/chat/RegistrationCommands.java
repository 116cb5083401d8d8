package dev.rouse.examples.chat;

import static dev.rouse.actor.Rouse.await;

import dev.rouse.actor.ActorRef;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// PASS, NICK, USER, CAP: how a client gets in, and how it changes its name later.
final class RegistrationCommands {
    private RegistrationCommands() {}

    static void pass(Session session, IrcMessage message) {
        if (session.registration().isComplete()) {
            session.reply(Numeric.ERR_ALREADYREGISTERED);
        } else {
            session.registration().setPassword(message.param(0));
        }
    }

    static void user(Session session, IrcMessage message) {
        Registration registration = session.registration();
        if (registration.isComplete() || registration.hasUser()) {
            session.reply(Numeric.ERR_ALREADYREGISTERED);
        } else if (message.param(0).isEmpty()) {
            session.reply(Numeric.ERR_NEEDMOREPARAMS, message.command());
        } else {
            registration.setUser(Names.user(message.param(0)), WireText.cut(message.param(3), Names.REAL_NAME_BYTES));
            registerIfReady(session);
        }
    }

    static void nick(Session session, IrcMessage message) {
        String nick = message.param(0);
        if (nick.isEmpty()) {
            session.reply(Numeric.ERR_NONICKNAMEGIVEN);
        } else if (!Names.isNick(nick)) {
            session.reply(Numeric.ERR_ERRONEUSNICKNAME, nick);
        } else if (!nick.equals(session.nick())) {
            claim(session, nick);
        } else {
            registerIfReady(session); // once more, where the registry has not answered in time
        }
    }

    private static void claim(Session session, String nick) {
        boolean granted =
                await(session.registry().<Boolean>ask(r -> new RegistryMessage.ClaimNick(session.me(), nick, r)));
        if (!granted) {
            session.reply(Numeric.ERR_NICKNAMEINUSE, nick);
        } else if (session.registration().isComplete()) {
            rename(session, nick);
        } else {
            session.setProfile(session.profile().withNick(nick));
            session.registration().nickClaimed();
            registerIfReady(session);
        }
    }

    /// Everybody who shares a channel hears of it once, however many channels that are.
    private static void rename(Session session, String nick) {
        String line = ":" + session.profile().mask() + " NICK :" + nick;
        session.change(session.profile().withNick(nick));
        Set<ActorRef<ClientMessage>> audience = session.updateChannels();
        audience.add(session.me());
        var delivery = new ClientMessage.Deliver(Packet.of(line));
        audience.forEach(client -> ClientMessage.post(client, delivery));
    }

    static void cap(Session session, IrcMessage message) {
        switch (message.param(0).toUpperCase(Locale.ROOT)) {
            case "LS" -> {
                session.registration().startNegotiation();
                sendCap(session, "LS", Capability.ALL);
            }
            case "LIST" -> sendCap(session, "LIST", wireNames(session.capabilities()));
            case "REQ" -> {
                session.registration().startNegotiation();
                request(session, message.param(1));
            }
            case "END" -> {
                session.registration().endNegotiation();
                registerIfReady(session);
            }
            default -> session.reply(Numeric.ERR_INVALIDCAPCMD, message.param(0));
        }
    }

    /// All or nothing: one capability that is not there refuses the whole request.
    private static void request(Session session, String wanted) {
        Set<Capability> chosen = EnumSet.noneOf(Capability.class);
        chosen.addAll(session.capabilities());
        boolean known = true;
        for (String word : words(wanted)) {
            boolean off = word.startsWith("-");
            Optional<Capability> capability = Capability.named(off ? word.substring(1) : word);
            known &= capability.isPresent();
            capability.ifPresent(c -> {
                if (off) {
                    chosen.remove(c);
                } else {
                    chosen.add(c);
                }
            });
        }
        if (known) {
            session.setCapabilities(chosen);
        }
        sendCap(session, known ? "ACK" : "NAK", wanted);
    }

    private static void sendCap(Session session, String subcommand, String text) {
        session.send(
                ":" + session.context().replies().server() + " CAP " + session.nick() + " " + subcommand + " :" + text);
    }

    private static String wireNames(Set<Capability> capabilities) {
        return String.join(
                " ", capabilities.stream().map(Capability::wireName).sorted().toList());
    }

    private static String[] words(String text) {
        return Arrays.stream(text.split(" ", -1)).filter(w -> !w.isEmpty()).toArray(String[]::new);
    }

    private static void registerIfReady(Session session) {
        Registration registration = session.registration();
        if (!registration.isReady()) {
            return;
        }
        PasswordHash password = session.context().options().password();
        if (password != null && !password.matches(registration.password())) {
            session.reply(Numeric.ERR_PASSWDMISMATCH);
            session.quit("Bad password");
            return;
        }
        Profile before = session.profile();
        session.setProfile(new Profile(
                before.nick(),
                registration.user(),
                before.host(),
                registration.realName(),
                "",
                Set.of(),
                session.context().nowSeconds()));
        Census census = await(session.registry()
                .<Census>ask(r -> new RegistryMessage.Registered(session.me(), session.profile(), r)));
        registration.complete();
        ServerCommands.welcome(session, census);
    }
}
