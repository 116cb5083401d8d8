package dev.rouse.actor;

/// An outcome that something else than a function brings about. Owning shard only.
non-sealed class Promise<T> extends Outcome<T> {
    Promise(LocalSystem local) {
        super(local);
    }

    @Override
    public String path() {
        return "promise";
    }

    @Override
    void cancelLocally() {
        complete(new Failure(new CancelledException("cancelled: task=" + path())));
    }

    @Override
    protected final void run() {
        throw new IllegalStateException("a promise is never given a turn: promise=" + path());
    }
}
