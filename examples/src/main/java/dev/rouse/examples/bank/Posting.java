package dev.rouse.examples.bank;

/// What has become of an [AccountMessage.Post].
enum Posting {
    DONE,
    OVERDRAWN
}
