package dev.rouse.examples.bank;

/// The ledger could not say that an entry was written.
final class LedgerFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LedgerFault(String what, Entry entry) {
        super("ledger fault: entry " + what + ", order=" + entry.order() + ", account=" + entry.account());
    }
}
