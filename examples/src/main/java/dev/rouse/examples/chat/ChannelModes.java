package dev.rouse.examples.chat;

import dev.rouse.examples.chat.ModeRequest.Change;
import dev.rouse.examples.chat.ModeRequest.Sign;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// Carries out MODE commands on one channel: its channel only.
final class ChannelModes {
    /// What came of a command: lines for all members, and lines for the one who asked.
    record Result(List<String> broadcast, List<String> answers) {}

    private final String name;
    private final Members members;
    private final ChannelSettings settings;
    private final BanList bans;
    private final ChatContext context;

    ChannelModes(String name, Members members, ChannelSettings settings, BanList bans, ChatContext context) {
        this.name = name;
        this.members = members;
        this.settings = settings;
        this.bans = bans;
        this.context = context;
    }

    Result apply(Caller caller, List<ModeRequest> requests) {
        Replies replies = context.replies();
        String nick = caller.nick();
        List<Change> done = new ArrayList<>();
        List<String> answers = new ArrayList<>();
        boolean refused = false;
        for (ModeRequest request : requests) {
            switch (request) {
                case ModeRequest.ShowBans() -> answers.addAll(banLines(nick));
                case ModeRequest.Unknown(char letter) ->
                    answers.add(replies.numeric(Numeric.ERR_UNKNOWNMODE, nick, String.valueOf(letter)));
                case ModeRequest.MissingArgument(char _) ->
                    answers.add(replies.numeric(Numeric.ERR_NEEDMOREPARAMS, nick, "MODE"));
                case Change change
                when isOperator(caller) -> apply(change, caller, answers).ifPresent(done::add);
                case Change _ -> {
                    if (!refused) {
                        answers.add(refusal(caller));
                        refused = true;
                    }
                }
            }
        }
        return new Result(modeLines(caller, done), answers);
    }

    private boolean isOperator(Caller caller) {
        Member member = members.get(caller.client());
        return member != null && member.operator;
    }

    private String refusal(Caller caller) {
        Numeric why = members.contains(caller.client()) ? Numeric.ERR_CHANOPRIVSNEEDED : Numeric.ERR_NOTONCHANNEL;
        return context.replies().numeric(why, caller.nick(), name);
    }

    /// The change as it took effect, or nothing when it had none.
    private Optional<Change> apply(Change change, Caller caller, List<String> answers) {
        return switch (change.letter()) {
            case 'o', 'v' -> memberMode(change, caller, answers);
            case 'b' -> ban(change, caller, answers);
            case 'k' -> key(change, caller, answers);
            case 'l' -> limit(change, caller, answers);
            default -> settings.setFlag(change) ? Optional.of(change) : Optional.empty();
        };
    }

    private Optional<Change> memberMode(Change change, Caller caller, List<String> answers) {
        Member member = members.named(change.argument());
        if (member == null) {
            answers.add(
                    context.replies().numeric(Numeric.ERR_USERNOTINCHANNEL, caller.nick(), change.argument(), name));
            return Optional.empty();
        }
        boolean set = change.sign() == Sign.PLUS;
        boolean before = change.letter() == 'o' ? member.operator : member.voiced;
        if (change.letter() == 'o') {
            member.operator = set;
        } else {
            member.voiced = set;
        }
        return before == set
                ? Optional.empty()
                : Optional.of(new Change(change.sign(), change.letter(), member.profile.nick()));
    }

    private Optional<Change> ban(Change change, Caller caller, List<String> answers) {
        if (!Masks.isMask(change.argument())) {
            answers.add(badArgument(change, caller, "not a mask"));
            return Optional.empty();
        }
        String mask = Masks.complete(change.argument());
        BanList.Outcome outcome = change.sign() == Sign.PLUS
                ? bans.add(new BanList.Ban(mask, caller.nick(), context.nowSeconds()))
                : bans.remove(mask);
        switch (outcome) {
            case DONE -> members.all().forEach(m -> m.banned = bans.covers(m.profile.mask()));
            case FULL -> answers.add(context.replies().numeric(Numeric.ERR_BANLISTFULL, caller.nick(), name, mask));
            case UNCHANGED -> {}
        }
        return outcome == BanList.Outcome.DONE ? Optional.of(new Change(change.sign(), 'b', mask)) : Optional.empty();
    }

    /// A key must be cleared before it can be set anew; whatever key is given to clear it will do.
    private Optional<Change> key(Change change, Caller caller, List<String> answers) {
        if (change.sign() == Sign.MINUS) {
            boolean had = settings.hasKey();
            settings.clearKey();
            return had ? Optional.of(new Change(Sign.MINUS, 'k', "*")) : Optional.empty();
        }
        if (settings.hasKey()) {
            answers.add(context.replies().numeric(Numeric.ERR_KEYSET, caller.nick(), name));
            return Optional.empty();
        }
        if (!Names.isKey(change.argument())) {
            answers.add(badArgument(change, caller, "not a channel key"));
            return Optional.empty();
        }
        settings.setKey(change.argument());
        return Optional.of(change);
    }

    private Optional<Change> limit(Change change, Caller caller, List<String> answers) {
        if (change.sign() == Sign.MINUS) {
            boolean had = settings.limit() > 0;
            settings.setLimit(0);
            return had ? Optional.of(change) : Optional.empty();
        }
        OptionalInt limit = positive(change.argument());
        if (limit.isEmpty()) {
            answers.add(badArgument(change, caller, "not a positive number"));
            return Optional.empty();
        }
        if (settings.limit() == limit.getAsInt()) {
            return Optional.empty();
        }
        settings.setLimit(limit.getAsInt());
        return Optional.of(new Change(Sign.PLUS, 'l', Integer.toString(limit.getAsInt())));
    }

    private static OptionalInt positive(String digits) {
        boolean number =
                !digits.isEmpty() && digits.length() < 10 && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        int value = number ? Integer.parseInt(digits) : 0;
        return value > 0 ? OptionalInt.of(value) : OptionalInt.empty();
    }

    private String badArgument(Change change, Caller caller, String what) {
        return context.replies()
                .withText(
                        Numeric.ERR_INVALIDMODEPARAM,
                        caller.nick(),
                        what,
                        name,
                        String.valueOf(change.letter()),
                        change.argument());
    }

    private List<String> banLines(String nick) {
        Replies replies = context.replies();
        List<String> lines = new ArrayList<>();
        for (BanList.Ban ban : bans.all()) {
            lines.add(replies.words(
                    Numeric.RPL_BANLIST, nick, name, ban.mask(), ban.setBy(), Long.toString(ban.setAtSeconds())));
        }
        lines.add(replies.numeric(Numeric.RPL_ENDOFBANLIST, nick, name));
        return lines;
    }

    /// One MODE line, or more where the masks are too long for one.
    private List<String> modeLines(Caller caller, List<Change> changes) {
        String head = ":" + caller.profile().mask() + " MODE " + name + " ";
        List<String> lines = new ArrayList<>();
        int from = 0;
        for (int to = 1; to <= changes.size(); to++) {
            boolean last = to == changes.size();
            if (last
                    || head.length()
                                    + ModeRequest.format(changes.subList(from, to + 1))
                                            .length()
                            > Packet.CONTENT_BYTES) {
                lines.add(head + ModeRequest.format(changes.subList(from, to)));
                from = to;
            }
        }
        return lines;
    }
}
