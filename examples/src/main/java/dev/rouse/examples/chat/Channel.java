package dev.rouse.examples.chat;

import dev.rouse.actor.Actor;
import dev.rouse.actor.ActorContext;
import dev.rouse.actor.ActorRef;
import dev.rouse.examples.chat.ChannelMessage.Attendee;
import dev.rouse.examples.chat.ChannelMessage.JoinOutcome;
import dev.rouse.examples.chat.ChannelMessage.Manner;
import dev.rouse.examples.chat.ChannelMessage.Summary;
import dev.rouse.examples.chat.ChannelSettings.Viewer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A channel: who is on it and what is said there.
///
/// It never waits for anybody. A line is formatted once by its sender and handed on by reference, so a broadcast costs
/// one [ClientMessage#post] per member; a member too slow to take it is stopped, and the others never notice. What a
/// client hears of a channel comes from the channel, hence in one order. Only a NICK or QUIT, told once however many
/// channels two users share, comes from the user's own connection when its channels know.
///
/// It ends with its last member. From then on it answers JOIN with [JoinOutcome#GONE], so that a client that still had
/// the way to it asks the registry for a new one.
final class Channel implements Actor<ChannelMessage> {
    /// Invitations kept; the oldest goes. A guess.
    private static final int MAX_INVITATIONS = 64;

    /// Members who have quit and have not yet asked who should hear of it: mostly they ask at once, and who could
    /// not ask in time never will. The oldest goes. A guess.
    private static final int MAX_QUITTERS = 64;

    private final String name;
    private final ChatContext context;
    private final Replies replies;
    private final long createdAtSeconds;
    private final Members members = new Members();
    private final Set<ActorRef<ClientMessage>> invited = new LinkedHashSet<>();
    private final Set<ActorRef<ClientMessage>> quitters = new LinkedHashSet<>();
    private final ChannelSettings settings = new ChannelSettings();
    private final BanList bans = new BanList();
    private final ChannelModes modes;
    private Topic topic = Topic.NONE;
    private boolean gone;

    Channel(String name, ChatContext context) {
        this.name = name;
        this.context = context;
        this.replies = context.replies();
        this.createdAtSeconds = context.nowSeconds();
        this.modes = new ChannelModes(name, members, settings, bans, context);
    }

    @Override
    public void receive(ChannelMessage message, ActorContext<ChannelMessage> self) {
        switch (message) {
            case ChannelMessage.Say(var caller, var manner, var line) -> say(caller, manner, line);
            case ChannelMessage.Join(var caller, var key, var outcome) -> outcome.reply(join(caller, key, self.self()));
            case ChannelMessage.Part(var caller, var reason) -> part(caller, reason, self.self());
            case ChannelMessage.ShowTopic(var caller) -> showTopic(caller);
            case ChannelMessage.SetTopic(var caller, var text) -> setTopic(caller, text);
            case ChannelMessage.Names(var caller) -> tell(caller.client(), nameLines(caller));
            case ChannelMessage.Mode(var caller, var letters, var arguments) -> mode(caller, letters, arguments);
            case ChannelMessage.Kick(var caller, var nicks, var comment) -> kick(caller, nicks, comment, self.self());
            case ChannelMessage.Invite(var caller, var guest, var nick) -> invite(caller, guest, nick);
            case ChannelMessage.Update(var caller) -> update(caller);
            case ChannelMessage.Quit(var client) -> quit(client, self.self());
            case ChannelMessage.Witnesses(var client, var answer) -> answer.reply(witnesses(client));
            case ChannelMessage.Summarize(var viewer, var summary) -> summary.reply(summarize(viewer));
            case ChannelMessage.Attendance(var caller, var attendees) -> attendees.reply(attendance(caller));
            case ChannelMessage.Fence(var passed) -> passed.reply(true);
            case ChannelMessage.Standing(var viewer, var subject, var label) -> label.reply(standing(viewer, subject));
        }
    }

    private void say(Caller caller, Manner manner, Packet line) {
        Member speaker = members.get(caller.client());
        if (!maySpeak(speaker, caller)) {
            if (manner == Manner.PRIVMSG) {
                refuse(caller, Numeric.ERR_CANNOTSENDTOCHAN);
            }
            return;
        }
        var delivery = new ClientMessage.Deliver(line);
        for (Member member : members.all()) {
            if (member != speaker) {
                ClientMessage.post(member.client, delivery);
            }
        }
    }

    private boolean maySpeak(@Nullable Member speaker, Caller caller) {
        if (speaker == null) {
            return !settings.has('n')
                    && !settings.has('m')
                    && !bans.covers(caller.profile().mask());
        }
        return speaker.mayAlwaysSpeak() || !(settings.has('m') || speaker.banned);
    }

    private JoinOutcome join(Caller caller, String key, ActorRef<ChannelMessage> self) {
        if (gone) {
            return JoinOutcome.GONE;
        }
        if (members.contains(caller.client())) {
            return JoinOutcome.ALREADY_THERE;
        }
        Optional<Numeric> obstacle = obstacle(caller, key);
        if (obstacle.isPresent()) {
            refuse(caller, obstacle.get());
            return JoinOutcome.REFUSED;
        }
        Member member = new Member(caller.client(), caller.profile());
        member.operator = members.isEmpty();
        member.banned = bans.covers(caller.profile().mask());
        invited.remove(caller.client());
        String line = ":" + caller.profile().mask() + " JOIN " + name;
        tellAll(line);
        members.add(member);
        List<String> greeting = new ArrayList<>(List.of(line));
        if (topic.isSet()) {
            greeting.addAll(topicLines(caller.nick()));
        }
        greeting.addAll(nameLines(caller));
        tell(caller.client(), greeting);
        ClientMessage.post(caller.client(), new ClientMessage.Entered(new ChannelRoute(name, self)));
        return JoinOutcome.JOINED;
    }

    /// What keeps the caller out. An invitation overrides every mode.
    private Optional<Numeric> obstacle(Caller caller, String key) {
        if (invited.contains(caller.client())) {
            return Optional.empty();
        }
        if (bans.covers(caller.profile().mask())) {
            return Optional.of(Numeric.ERR_BANNEDFROMCHAN);
        }
        if (settings.has('i')) {
            return Optional.of(Numeric.ERR_INVITEONLYCHAN);
        }
        if (!settings.opensWith(key)) {
            return Optional.of(Numeric.ERR_BADCHANNELKEY);
        }
        return settings.isFullWith(members.size()) ? Optional.of(Numeric.ERR_CHANNELISFULL) : Optional.empty();
    }

    private void part(Caller caller, String reason, ActorRef<ChannelMessage> self) {
        Member member = members.get(caller.client());
        if (member == null) {
            refuse(caller, Numeric.ERR_NOTONCHANNEL);
            return;
        }
        remove(member, ":" + caller.profile().mask() + " PART " + name + (reason.isEmpty() ? "" : " :" + reason), self);
    }

    private void kick(Caller caller, List<String> nicks, String comment, ActorRef<ChannelMessage> self) {
        if (!isOperator(caller)) {
            return;
        }
        for (String nick : nicks) {
            Member target = members.named(nick);
            if (target == null) {
                ClientMessage.post(
                        caller.client(), replies.numeric(Numeric.ERR_USERNOTINCHANNEL, caller.nick(), nick, name));
            } else {
                String nickOfTarget = target.profile.nick();
                remove(
                        target,
                        ":" + caller.profile().mask() + " KICK " + name + " " + nickOfTarget + " :" + comment,
                        self);
            }
        }
    }

    /// Takes a member out and then says so: whoever has read of it finds the place free.
    private void remove(Member member, String line, ActorRef<ChannelMessage> self) {
        members.remove(member);
        ClientMessage.post(member.client, new ClientMessage.Left(self));
        endIfEmpty(self);
        var delivery = new ClientMessage.Deliver(Packet.of(line));
        ClientMessage.post(member.client, delivery);
        tellAll(delivery);
    }

    private void endIfEmpty(ActorRef<ChannelMessage> self) {
        if (members.isEmpty() && !gone) {
            gone = true;
            context.registry().tell(new RegistryMessage.ChannelEmptied(name, self));
        }
    }

    private void showTopic(Caller caller) {
        if (isHiddenFrom(caller.client())) {
            refuse(caller, Numeric.ERR_NOTONCHANNEL);
        } else if (topic.isSet()) {
            tell(caller.client(), topicLines(caller.nick()));
        } else {
            refuse(caller, Numeric.RPL_NOTOPIC);
        }
    }

    private void setTopic(Caller caller, String text) {
        if (!members.contains(caller.client())) {
            refuse(caller, Numeric.ERR_NOTONCHANNEL);
        } else if (!settings.has('t') || isOperator(caller)) {
            topic = new Topic(WireText.cut(text, Names.TOPIC_BYTES), caller.nick(), context.nowSeconds());
            tellAll(":" + caller.profile().mask() + " TOPIC " + name + " :" + topic.text());
        }
    }

    private List<String> topicLines(String nick) {
        return List.of(
                replies.withText(Numeric.RPL_TOPIC, nick, topic.text(), name),
                replies.words(
                        Numeric.RPL_TOPICWHOTIME, nick, name, topic.setBy(), Long.toString(topic.setAtSeconds())));
    }

    private List<String> nameLines(Caller caller) {
        List<String> names = new ArrayList<>();
        for (Member member : visibleTo(caller.client())) {
            boolean full = caller.capabilities().contains(Capability.USERHOST_IN_NAMES);
            names.add(member.prefix(caller.capabilities()) + (full ? member.profile.mask() : member.profile.nick()));
        }
        String kind = settings.has('s') ? "@" : "=";
        List<String> lines = new ArrayList<>(replies.list(Numeric.RPL_NAMREPLY, caller.nick(), names, kind, name));
        lines.add(replies.numeric(Numeric.RPL_ENDOFNAMES, caller.nick(), name));
        return lines;
    }

    private void mode(Caller caller, String letters, List<String> arguments) {
        if (letters.isEmpty()) {
            Viewer viewer = members.contains(caller.client()) ? Viewer.MEMBER : Viewer.OUTSIDER;
            tell(
                    caller.client(),
                    List.of(
                            replies.words(Numeric.RPL_CHANNELMODEIS, caller.nick(), name) + " "
                                    + settings.describe(viewer),
                            replies.words(
                                    Numeric.RPL_CREATIONTIME, caller.nick(), name, Long.toString(createdAtSeconds))));
            return;
        }
        ChannelModes.Result result = modes.apply(caller, ModeRequest.parse(letters, arguments));
        result.broadcast().forEach(this::tellAll);
        if (!result.answers().isEmpty()) {
            tell(caller.client(), result.answers());
        }
    }

    private void invite(Caller caller, ActorRef<ClientMessage> guest, String nick) {
        if (!members.contains(caller.client())) {
            refuse(caller, Numeric.ERR_NOTONCHANNEL);
        } else if (settings.has('i') && !isOperator(caller)) {
            return;
        } else if (members.contains(guest)) {
            ClientMessage.post(caller.client(), replies.numeric(Numeric.ERR_USERONCHANNEL, caller.nick(), nick, name));
        } else {
            addNewest(invited, guest, MAX_INVITATIONS);
            ClientMessage.post(caller.client(), replies.words(Numeric.RPL_INVITING, caller.nick(), nick, name));
            ClientMessage.post(guest, ":" + caller.profile().mask() + " INVITE " + nick + " :" + name);
        }
    }

    private static void addNewest(Set<ActorRef<ClientMessage>> clients, ActorRef<ClientMessage> client, int most) {
        if (clients.size() == most) {
            clients.remove(clients.iterator().next());
        }
        clients.add(client);
    }

    private void update(Caller caller) {
        Member member = members.get(caller.client());
        if (member != null) {
            members.update(member, caller.profile());
            member.banned = bans.covers(caller.profile().mask());
        }
    }

    private void quit(ActorRef<ClientMessage> client, ActorRef<ChannelMessage> self) {
        invited.remove(client);
        Member member = members.get(client);
        if (member != null) {
            members.remove(member);
            addNewest(quitters, client, MAX_QUITTERS);
            endIfEmpty(self);
        }
    }

    private List<ActorRef<ClientMessage>> witnesses(ActorRef<ClientMessage> client) {
        return members.contains(client) || quitters.remove(client) ? members.clients() : List.of();
    }

    private Optional<Summary> summarize(ActorRef<ClientMessage> viewer) {
        if (gone || isHiddenFrom(viewer)) {
            return Optional.empty();
        }
        return Optional.of(new Summary(name, visibleTo(viewer).size(), topic.text()));
    }

    private List<Attendee> attendance(Caller caller) {
        return visibleTo(caller.client()).stream()
                .map(m -> new Attendee(m.client, m.prefix(caller.capabilities())))
                .toList();
    }

    private String standing(Caller viewer, ActorRef<ClientMessage> subject) {
        Member member = members.get(subject);
        return member == null || !isVisible(member, viewer.client()) ? "" : member.prefix(viewer.capabilities()) + name;
    }

    private List<Member> visibleTo(ActorRef<ClientMessage> viewer) {
        return members.all().stream().filter(m -> isVisible(m, viewer)).toList();
    }

    /// Members see each other; others see neither a secret channel nor invisible users.
    private boolean isVisible(Member member, ActorRef<ClientMessage> viewer) {
        return members.contains(viewer) || !(settings.has('s') || member.profile.isInvisible());
    }

    private boolean isHiddenFrom(ActorRef<ClientMessage> viewer) {
        return settings.has('s') && !members.contains(viewer);
    }

    /// Tells the caller what is missing if it is no operator here.
    private boolean isOperator(Caller caller) {
        Member member = members.get(caller.client());
        if (member != null && member.operator) {
            return true;
        }
        refuse(caller, member == null ? Numeric.ERR_NOTONCHANNEL : Numeric.ERR_CHANOPRIVSNEEDED);
        return false;
    }

    private void refuse(Caller caller, Numeric numeric) {
        ClientMessage.post(caller.client(), replies.numeric(numeric, caller.nick(), name));
    }

    private void tell(ActorRef<ClientMessage> client, List<String> lines) {
        ClientMessage.post(client, new ClientMessage.Deliver(Packet.of(lines)));
    }

    private void tellAll(String line) {
        tellAll(new ClientMessage.Deliver(Packet.of(line)));
    }

    private void tellAll(ClientMessage.Deliver delivery) {
        for (Member member : members.all()) {
            ClientMessage.post(member.client, delivery);
        }
    }
}
