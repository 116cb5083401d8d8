package dev.rouse.dispatch;

import java.io.IOException;
import java.util.Objects;

/// Runs code in a class initialiser, where a native frame pins the thread; in a new copy of the class each time.
final class PinnedInitializer {

    /// What copies ask for their body; a class loader, so that they need nothing else in common.
    interface Body {
        Runnable inInitializer();
    }

    /// The class that is copied.
    static final class Initialized {
        static {
            Body body = (Body) Objects.requireNonNull(Initialized.class.getClassLoader());
            body.inInitializer().run();
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

    private static final class Copies extends ClassLoader implements Body {
        static final String NAME = PinnedInitializer.class.getName() + "$Initialized";

        private final Runnable body;

        Copies(Runnable body) {
            super(PinnedInitializer.class.getClassLoader());
            this.body = body;
        }

        @Override
        public Runnable inInitializer() {
            return body;
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
