package dev.rouse.examples.chat;

import java.util.ArrayList;
import java.util.List;

/// What the server tells clients about itself: each token is kept by the class that its limit comes from.
final class Isupport {
    /// The most tokens of one line, so that it stays within the parameters a message may have.
    private static final int TOKENS_PER_LINE = 13;

    private Isupport() {}

    static List<String> tokens(ChatOptions options) {
        return List.of(
                "AWAYLEN=" + Names.AWAY_BYTES,
                "CASEMAPPING=" + CaseMapping.NAME,
                "CHANLIMIT=" + Names.CHANNEL_SIGN + ":" + options.limits().channelsPerClient(),
                "CHANMODES=b,k,l," + ModeRequest.FLAGS,
                "CHANNELLEN=" + Names.CHANNEL_BYTES,
                "CHANTYPES=" + Names.CHANNEL_SIGN,
                "HOSTLEN=45",
                "KEYLEN=" + Names.KEY_BYTES,
                "KICKLEN=" + Names.KICK_BYTES,
                "LINELEN=" + Packet.LINE_BYTES,
                "MAXLIST=b:" + BanList.MAX_BANS,
                "MODES=" + ModeRequest.MAX_WITH_ARGUMENT,
                "NETWORK=" + ChatContext.NETWORK,
                "NICKLEN=" + Names.NICK_BYTES,
                "PREFIX=(ov)@+",
                "SAFELIST",
                "TARGMAX=JOIN:,KICK:" + Targets.MAX + ",LIST:,NAMES:" + Targets.MAX + ",NOTICE:" + Targets.MAX
                        + ",PART:,PRIVMSG:" + Targets.MAX + ",WHOIS:1,WHOWAS:1",
                "TOPICLEN=" + Names.TOPIC_BYTES,
                "USERLEN=" + Names.USER_BYTES);
    }

    /// The tokens cut into the lines they are sent in, each as the words of one reply.
    static List<String[]> lines(ChatOptions options) {
        List<String> tokens = tokens(options);
        List<String[]> lines = new ArrayList<>();
        for (int at = 0; at < tokens.size(); at += TOKENS_PER_LINE) {
            lines.add(tokens.subList(at, Math.min(at + TOKENS_PER_LINE, tokens.size()))
                    .toArray(String[]::new));
        }
        return lines;
    }
}
