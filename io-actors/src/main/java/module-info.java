/// Sockets for functions.
module dev.rouse.io {
    requires transitive dev.rouse.actor;
    requires dev.rouse.dispatch;
    requires static transitive org.jspecify;

    exports dev.rouse.io;
}
