package dev.rouse.actor;

import java.util.concurrent.Callable;

/// Names for the tree.
final class Names {
    /// A guess: more than that is hard to read.
    private static final int PATH_ELEMENTS = 16;

    private Names() {}

    /// The class of what the user has given as a body.
    static Class<?> origin(Callable<?> body) {
        Object lambda = switch (body) {
            case Rouse.ActionBody(Action action) -> action;
            case Sequence.Body(var _, Sequence.Producer<?> producer) -> producer;
            default -> body;
        };
        return lambda.getClass();
    }

    /// The class that the lambda was written in, for want of a better name. Never empty: that is the guardian's.
    static String ofBody(Class<?> origin) {
        String name = origin.getSimpleName();
        if (name.isEmpty()) { // an anonymous class
            return "function";
        }
        int end = name.indexOf("$$Lambda");
        return end < 0 ? name : name.substring(0, end) + "-function";
    }

    /// Where the cell stands in the tree. Of a path with more elements than [#PATH_ELEMENTS] the last ones, after
    /// `/...`: trees of functions can be 100,000 deep. The guardian is `/`.
    static String path(Cell cell) {
        StringBuilder path = new StringBuilder();
        int elements = 0;
        Cell element = cell;
        for (; element != null && elements < PATH_ELEMENTS; element = element.parent) {
            String name = element.name();
            if (!name.isEmpty()) { // the guardian is the root of all paths
                path.insert(0, name).insert(0, '/');
                elements++;
            }
        }
        if (path.isEmpty()) {
            return "/";
        }
        return element == null || element.name().isEmpty()
                ? path.toString()
                : path.insert(0, "/...").toString();
    }

    /// @throws IllegalArgumentException if the name can't be an element of a path
    static String requireElement(String name) {
        if (name.isEmpty() || name.indexOf('/') >= 0) {
            throw new IllegalArgumentException(
                    "not an actor name: name='" + name + "'; it must have at least one character and no '/'");
        }
        return name;
    }
}
