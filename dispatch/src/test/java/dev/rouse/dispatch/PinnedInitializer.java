package dev.rouse.dispatch;

import java.io.IOException;
import java.util.Objects;

/// Runs code in a class initialiser, where a native frame pins the thread; in a new copy of the class each time.
final class PinnedInitializer {

    /// The class that is copied. Its loader knows what to run: a type of the JDK, since a copy is in a package of
    /// its own.
    static final class Initialized {
        static {
            ((Runnable) Objects.requireNonNull(Initialized.class.getClassLoader())).run();
        }

        private Initialized() {}
    }

    private PinnedInitializer() {}

    /// Runs the body in the initialiser of a new class.
    static void initialize(Runnable body) {
        try {
            Class.forName(Copies.NAME, true, new Copies(body));
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    private static final class Copies extends ClassLoader implements Runnable {
        static final String NAME = PinnedInitializer.class.getName() + "$Initialized";

        private final Runnable body;

        Copies(Runnable body) {
            super(PinnedInitializer.class.getClassLoader());
            this.body = body;
        }

        @Override
        public void run() {
            body.run();
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.equals(NAME)) {
                return super.loadClass(name, resolve);
            }
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : define(name);
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            try (var stream = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                byte[] bytes = Objects.requireNonNull(stream).readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }
}
