package dev.rouse.io;

import java.io.IOException;

/// Too many names are being looked up: those that wait hold all places of the queue. Nothing was begun.
public final class NameLimitException extends IOException {
    private static final long serialVersionUID = 1L;

    NameLimitException(String name, int limit) {
        super("too many names wait to be looked up: host=" + name + ", limit=" + limit
                + "; the system answers slowly or too much is asked, try again later or keep addresses");
    }
}
