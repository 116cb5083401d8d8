/// Tests of actors and functions: whole systems in virtual time, every interleaving drawn from a seed.
module dev.rouse.testkit {
    requires static transitive org.jspecify;
    requires transitive dev.rouse.actor;
    requires static transitive org.junit.jupiter.api;

    exports dev.rouse.testkit;
}
