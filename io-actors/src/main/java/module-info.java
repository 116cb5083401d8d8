/// The poller actor of each shard, and the sockets that functions read, write and accept on.
module dev.rouse.io {
    requires static transitive org.jspecify;
    requires transitive dev.rouse.actor;
    requires transitive jdk.net;

    exports dev.rouse.io;
}
