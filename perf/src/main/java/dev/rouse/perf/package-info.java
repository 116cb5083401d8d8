/// Measures Rouse: scenarios, what they show and what they do not, the figures to reach, reports.
@NullMarked
package dev.rouse.perf;

import org.jspecify.annotations.NullMarked;
