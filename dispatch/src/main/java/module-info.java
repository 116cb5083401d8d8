/// Shards, carriers, drivers, run queues, timers, the clock and the poll hook. Knows no actors.
module dev.rouse.dispatch {
    requires static transitive org.jspecify;
    requires org.jctools.core;

    exports dev.rouse.dispatch;
    exports dev.rouse.dispatch.spi;
}
