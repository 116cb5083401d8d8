package dev.rouse.actor;

/// What a bounded fan-out does with each item.
@FunctionalInterface
public interface ItemFunction<I, R> {
    /// Returns the result for one item.
    ///
    /// @throws Exception with which the fan-out fails
    R apply(I item) throws Exception;
}
