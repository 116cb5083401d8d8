/// A small bank: accounts that crash and come back, transfers that lose nothing, an auditor that counts.
@NullMarked
package dev.rouse.examples.bank;

import org.jspecify.annotations.NullMarked;
