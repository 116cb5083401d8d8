package dev.rouse.io;

/// Whether a TLS server asks its clients for a certificate.
public enum ClientCertificates {

    /// It does not ask.
    NONE,

    /// It asks, and takes clients without one. One that is not trusted is refused all the same.
    WANTED,

    /// It refuses clients without a trusted one.
    REQUIRED
}
