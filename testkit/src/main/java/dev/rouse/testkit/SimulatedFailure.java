package dev.rouse.testkit;

/// What an actor fails with where a simulation has it fail.
public final class SimulatedFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SimulatedFailure(String message) {
        super(message);
    }
}
