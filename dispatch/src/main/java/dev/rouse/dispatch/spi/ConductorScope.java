package dev.rouse.dispatch.spi;

/// The conductor of code that is on no shard.
final class ConductorScope {
    static final ScopedValue<Conductor> CURRENT = ScopedValue.newInstance();

    private ConductorScope() {}
}
