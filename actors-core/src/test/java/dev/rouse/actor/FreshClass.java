package dev.rouse.actor;

import java.io.IOException;
import java.util.Objects;

/// Initialises a new copy of a class each time: a class initialiser runs below a native frame, which pins its thread.
final class FreshClass extends ClassLoader {
    private final String copied;

    private FreshClass(Class<?> original) {
        super(original.getClassLoader());
        this.copied = original.getName();
    }

    static void initialize(Class<?> original) throws ClassNotFoundException {
        Class.forName(original.getName(), true, new FreshClass(original));
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.equals(copied)) {
            return super.loadClass(name, resolve);
        }
        try (var stream = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            byte[] bytes = Objects.requireNonNull(stream).readAllBytes();
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }
}
