package dev.rouse.io;

import java.io.IOException;
import java.io.Serial;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/// The file of a [TcpStream#transferFrom(FileChannel, long)] was closed, before the call or during it: by the program,
/// or by the JDK, which closes a file that an interrupted thread reads. The stream is not to blame and stays usable.
public final class FileClosedException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    private final long sentBytes;
    private final long count;

    FileClosedException(String subject, long sentBytes, long count, @Nullable Throwable cause) {
        super(
                "cannot write a file: " + subject + ", sent=" + sentBytes + ", count=" + count
                        + ", cause=the file is closed; keep it open until the call returns, and do not interrupt the"
                        + " function",
                cause);
        this.sentBytes = sentBytes;
        this.count = count;
    }

    /// The same of a stream that was not known where it arose; with the stack of the caller.
    FileClosedException of(String subject) {
        return new FileClosedException(subject, sentBytes, count, getCause());
    }

    /// How much of it has gone out, since a closed file has no position that could say so. Where an interrupt has
    /// met the reading of a piece, some of that may have gone out, too: 128 KiB at most.
    public long sentBytes() {
        return sentBytes;
    }
}
