package dev.rouse.actor;

/// Names for the tree.
final class Names {
    private Names() {}

    /// The class that the lambda was written in, for want of a better name.
    static String ofLambda(Object lambda) {
        String name = lambda.getClass().getSimpleName();
        int end = name.indexOf("$$Lambda");
        return end < 0 ? name : name.substring(0, end) + "-function";
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
