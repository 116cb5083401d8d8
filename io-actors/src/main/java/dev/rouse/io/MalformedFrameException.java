package dev.rouse.io;

/// A frame that is complete and makes no sense, such as text that is not UTF-8. For decoders of any protocol.
public non-sealed class MalformedFrameException extends FrameException {

    private static final long serialVersionUID = 1;

    /// @param what what is wrong: lower case, with `name=value` for what it is about
    /// @param remedy what the cause may be, or what to do
    public MalformedFrameException(String what, String remedy) {
        super("malformed frame: " + what, remedy);
    }
}
