package dev.rouse.examples.chat;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;

/// A password that can be checked and not read: salted, hashed, compared in a time that does not tell how much was
/// right.
///
/// The salt is fresh at each start and the hash is never stored, so a fast hash is enough.
final class PasswordHash {
    private static final int SALT_BYTES = 16;

    private final byte[] salt = new byte[SALT_BYTES];
    private final byte[] hash;

    /// The hash of a password in wire text.
    PasswordHash(String password) {
        new SecureRandom().nextBytes(salt);
        this.hash = digest(password);
    }

    boolean matches(String password) {
        return MessageDigest.isEqual(hash, digest(password));
    }

    private byte[] digest(String password) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update(salt);
            return sha.digest(password.getBytes(ISO_8859_1));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("no SHA-256 in this JDK; every JDK must have it", e);
        }
    }

    @Override
    public String toString() {
        return "PasswordHash[]";
    }
}
