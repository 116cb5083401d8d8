package dev.rouse.io;

/// What becomes of text that cannot be what it should be: bytes that are not UTF-8, and `char`s that are half of a
/// character.
public enum Utf8 {
    /// It is refused: with a [MalformedFrameException] where it is read, an [IllegalArgumentException] where it is
    /// to be written.
    STRICT,

    /// It is replaced: by U+FFFD where it is read, by `?` where it is written.
    LENIENT
}
