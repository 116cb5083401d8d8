package dev.rouse.perf;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Reads a duration as people write it (`500ms`, `2s`, `1m`) or as ISO 8601 does (`PT2S`).
final class DurationText implements ITypeConverter<Duration> {
    /// Keeps a run within an afternoon, whatever is typed.
    private static final Duration LONGEST = Duration.ofMinutes(10);

    /// Six digits of any unit fit a long of nanoseconds.
    private static final Pattern SHORT = Pattern.compile("(\\d{1,6})(ms|s|m)");

    @Override
    public Duration convert(String text) {
        Duration duration = parse(text.toLowerCase(Locale.ROOT));
        if (!duration.isPositive() || duration.compareTo(LONGEST) > 0) {
            throw new TypeConversionException(
                    "duration out of range: value=" + text + ", limit=10m; give more than nothing and at most that");
        }
        return duration;
    }

    private static Duration parse(String text) {
        Matcher matcher = SHORT.matcher(text);
        if (matcher.matches()) {
            long amount = Long.parseLong(matcher.group(1));
            return switch (matcher.group(2)) {
                case "ms" -> Duration.ofMillis(amount);
                case "s" -> Duration.ofSeconds(amount);
                default -> Duration.ofMinutes(amount);
            };
        }
        try {
            return Duration.parse(text);
        } catch (DateTimeParseException _) {
            throw new TypeConversionException("not a duration: value=" + text + "; write it like 500ms, 2s or 1m");
        }
    }
}
