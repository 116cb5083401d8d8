package dev.rouse.examples.chat;

/// The numeric replies this server gives, each with the text that ends it; an empty text means the reply brings its
/// own.
enum Numeric {
    RPL_WELCOME(1),
    RPL_YOURHOST(2),
    RPL_CREATED(3),
    RPL_MYINFO(4),
    RPL_ISUPPORT(5, "are supported by this server"),
    RPL_UMODEIS(221),
    RPL_LUSERCLIENT(251),
    RPL_LUSEROP(252, "operator(s) online"),
    RPL_LUSERUNKNOWN(253, "unregistered connection(s)"),
    RPL_LUSERCHANNELS(254, "channel(s) formed"),
    RPL_LUSERME(255),
    RPL_ADMINME(256, "Administrative info"),
    RPL_ADMINLOC1(257),
    RPL_ADMINLOC2(258),
    RPL_ADMINEMAIL(259),
    RPL_TRYAGAIN(263, "Please wait a while and try again"),
    RPL_LOCALUSERS(265),
    RPL_GLOBALUSERS(266),
    RPL_AWAY(301),
    RPL_USERHOST(302),
    RPL_ISON(303),
    RPL_UNAWAY(305, "You are no longer marked as away"),
    RPL_NOWAWAY(306, "You are now marked as away"),
    RPL_WHOISUSER(311),
    RPL_WHOISSERVER(312),
    RPL_WHOISOPERATOR(313, "is an IRC operator"),
    RPL_WHOWASUSER(314),
    RPL_ENDOFWHO(315, "End of WHO list"),
    RPL_WHOISIDLE(317, "seconds idle, signon time"),
    RPL_ENDOFWHOIS(318, "End of WHOIS list"),
    RPL_WHOISCHANNELS(319),
    RPL_LISTSTART(321, "Users  Name"),
    RPL_LIST(322),
    RPL_LISTEND(323, "End of LIST"),
    RPL_CHANNELMODEIS(324),
    RPL_CREATIONTIME(329),
    RPL_NOTOPIC(331, "No topic is set"),
    RPL_TOPIC(332),
    RPL_TOPICWHOTIME(333),
    RPL_INVITING(341),
    RPL_VERSION(351),
    RPL_WHOREPLY(352),
    RPL_NAMREPLY(353),
    RPL_ENDOFNAMES(366, "End of NAMES list"),
    RPL_BANLIST(367),
    RPL_ENDOFBANLIST(368, "End of channel ban list"),
    RPL_ENDOFWHOWAS(369, "End of WHOWAS"),
    RPL_INFO(371),
    RPL_MOTD(372),
    RPL_ENDOFINFO(374, "End of INFO list"),
    RPL_MOTDSTART(375),
    RPL_ENDOFMOTD(376, "End of MOTD"),
    RPL_YOUREOPER(381, "You are now an IRC operator"),
    RPL_TIME(391),
    ERR_NOSUCHNICK(401, "No such nick or channel"),
    ERR_NOSUCHSERVER(402, "No such server"),
    ERR_NOSUCHCHANNEL(403, "No such channel"),
    ERR_CANNOTSENDTOCHAN(404, "Cannot send to channel"),
    ERR_TOOMANYCHANNELS(405, "You are on too many channels"),
    ERR_WASNOSUCHNICK(406, "There was no such nickname"),
    ERR_TOOMANYTARGETS(407, "Too many targets"),
    ERR_NOORIGIN(409, "No origin given"),
    ERR_INVALIDCAPCMD(410, "Invalid CAP command"),
    ERR_NORECIPIENT(411),
    ERR_NOTEXTTOSEND(412, "No text to send"),
    ERR_INPUTTOOLONG(417, "Input line was too long"),
    ERR_UNKNOWNCOMMAND(421, "Unknown command"),
    ERR_NOMOTD(422, "There is no message of the day"),
    ERR_NONICKNAMEGIVEN(431, "No nickname given"),
    ERR_ERRONEUSNICKNAME(432, "Erroneous nickname"),
    ERR_NICKNAMEINUSE(433, "Nickname is already in use"),
    ERR_UNAVAILRESOURCE(437, "Nick or channel is temporarily unavailable"),
    ERR_USERNOTINCHANNEL(441, "They are not on that channel"),
    ERR_NOTONCHANNEL(442, "You are not on that channel"),
    ERR_USERONCHANNEL(443, "is already on channel"),
    ERR_NOTREGISTERED(451, "You have not registered"),
    ERR_NEEDMOREPARAMS(461, "Not enough parameters"),
    ERR_ALREADYREGISTERED(462, "You may not register again"),
    ERR_PASSWDMISMATCH(464, "Password incorrect"),
    ERR_KEYSET(467, "Channel key already set"),
    ERR_CHANNELISFULL(471, "Cannot join channel (+l)"),
    ERR_UNKNOWNMODE(472, "is not a mode known here"),
    ERR_INVITEONLYCHAN(473, "Cannot join channel (+i)"),
    ERR_BANNEDFROMCHAN(474, "Cannot join channel (+b)"),
    ERR_BADCHANNELKEY(475, "Cannot join channel (+k)"),
    ERR_BADCHANMASK(476, "Bad channel name"),
    ERR_BANLISTFULL(478, "Channel list is full"),
    ERR_NOPRIVILEGES(481, "Permission denied, you are not an IRC operator"),
    ERR_CHANOPRIVSNEEDED(482, "You are not a channel operator"),
    ERR_UMODEUNKNOWNFLAG(501, "Unknown mode flag"),
    ERR_USERSDONTMATCH(502, "You can neither see nor change the modes of others"),
    ERR_INVALIDMODEPARAM(696);

    private final String code;
    private final String text;

    Numeric(int code) {
        this(code, "");
    }

    Numeric(int code, String text) {
        this.code = "%03d".formatted(code);
        this.text = text;
    }

    /// Three digits.
    String code() {
        return code;
    }

    String text() {
        return text;
    }
}
