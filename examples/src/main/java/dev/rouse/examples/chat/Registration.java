package dev.rouse.examples.chat;

/// What a client has said of itself before it is let in: its connection's function only.
final class Registration {
    private String password = "";
    private String user = "";
    private String realName = "";
    private boolean nickClaimed;
    private boolean negotiating;
    private boolean complete;

    void setPassword(String given) {
        password = given;
    }

    String password() {
        return password;
    }

    void setUser(String userName, String name) {
        user = userName;
        realName = name;
    }

    String user() {
        return user;
    }

    String realName() {
        return realName;
    }

    boolean hasUser() {
        return !user.isEmpty();
    }

    void nickClaimed() {
        nickClaimed = true;
    }

    /// CAP was used: registration waits for CAP END.
    void startNegotiation() {
        negotiating = !complete;
    }

    void endNegotiation() {
        negotiating = false;
    }

    /// Whether everything is there that registration needs.
    boolean isReady() {
        return !complete && nickClaimed && hasUser() && !negotiating;
    }

    void complete() {
        complete = true;
    }

    boolean isComplete() {
        return complete;
    }
}
