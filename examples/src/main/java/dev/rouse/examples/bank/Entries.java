package dev.rouse.examples.bank;

import java.util.List;

/// Entries of one account, oldest first.
record Entries(List<Entry> list) {}
