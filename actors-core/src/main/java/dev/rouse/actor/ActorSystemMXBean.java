package dev.rouse.actor;

import java.util.Map;

/// A system in JMX, as `rouse:type=ActorSystem,name=…`: see [ActorSystem.Builder#jmx]. The names of the attributes
/// follow from the rules of JMX.
public interface ActorSystemMXBean {
    /// See [ActorSystem#description].
    String getDescription();

    /// See [ActorSystem#alive].
    long getAlive();

    /// See [ActorSystem#deadLetters].
    long getDeadLetters();

    /// See [ActorSystem#refusals].
    long getRefusals();

    /// Violations of all kinds, since the start.
    long getViolations();

    /// See [ActorSystem#socketFigures].
    Map<String, Long> getSocketFigures();

    /// See [ActorSystem#dump()].
    String dump();

    /// See [Dump#toJson].
    String dumpJson();
}
