package dev.rouse.actor.spi;

/// The witness of code that builds systems.
final class WitnessScope {
    static final ScopedValue<Witness> CURRENT = ScopedValue.newInstance();

    private WitnessScope() {}
}
