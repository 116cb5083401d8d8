/// Actors, functions, tasks, awaiting, mailboxes, supervision and limits.
module dev.rouse.actor {
    requires static transitive org.jspecify;
    requires transitive dev.rouse.dispatch;
    requires jdk.jfr;
    requires org.jctools.core;
    requires static java.management;

    exports dev.rouse.actor;
    exports dev.rouse.actor.spi;
}
