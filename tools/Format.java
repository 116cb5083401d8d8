import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.FormatterServiceImpl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// Formats every Java file below the current directory, or below those it is given, in place. With `--report FILE` it
/// changes none, and writes to that file what is not formatted and the remedy; the file is empty if there is nothing to
/// say.
///
/// The layout is palantir-java-format's. That one cannot wrap `///` comments (it cuts a long line anywhere and then
/// fails on what it made), so they are filled to the same width first.
///
/// A source program of the build, run on the build's JDK, because the formatter understands just the Java of the JVM
/// that it runs on.
final class Format {
    private static final int COLUMNS = 120; // the formatter's own, which cannot be set

    /// A comment line that begins a block of its own and so never takes over words of the line before it.
    private static final Pattern BLOCK_START = Pattern.compile("([-*+|#>@`{}~]|\\d+\\.).*");

    private static final Pattern COMMENT = Pattern.compile("(\\s*///?)(\\s+)(\\S.*)");

    private final FormatterServiceImpl formatter = new FormatterServiceImpl();
    private final StringBuilder findings = new StringBuilder();

    public static void main(String[] args) throws IOException {
        List<String> roots = new ArrayList<>(List.of(args));
        boolean check = roots.size() >= 2 && roots.getFirst().equals("--report");
        Path report = Path.of(check ? roots.remove(1) : "");
        if (check) {
            roots.removeFirst();
        }
        Format format = new Format();
        for (String root : roots.isEmpty() ? List.of("") : roots) {
            for (Path source : sources(Path.of(root))) {
                format.visit(source, check);
            }
        }
        if (check) {
            Files.createDirectories(report.toAbsolutePath().getParent());
            Files.writeString(report, format.findings);
        } else {
            System.err.print(format.findings);
            System.exit(format.findings.isEmpty() ? 0 : 1);
        }
    }

    private void visit(Path source, boolean check) throws IOException {
        String before = Files.readString(source);
        String after;
        try {
            after = formatter.formatSourceReflowStringsAndFixImports(fillComments(before));
        } catch (FormatterException e) {
            findings.append("cannot be formatted: ").append(source).append(':').append(e.getMessage());
            findings.append(" (if that is a '_' in a record pattern, write 'var _')\n");
            return;
        }
        if (before.equals(after)) {
            return;
        }
        if (check) {
            findings.append("not formatted: ").append(source).append("; './rouse format' formats it\n");
        } else {
            Files.writeString(source, after);
        }
    }

    /// Breaks comment lines that are too long; the words cut off go to the front of the next line of the same
    /// paragraph.
    private static String fillComments(String source) {
        List<String> lines = new ArrayList<>(List.of(source.split("\n", -1)));
        boolean fenced = false;
        for (int i = 0; i < lines.size(); i++) {
            var line = COMMENT.matcher(lines.get(i));
            if (!line.matches()) {
                fenced = false;
                continue;
            }
            fenced ^= line.group(3).startsWith("```");
            int columns =
                    COLUMNS - line.group(1).indexOf('/'); // the formatter counts the indentation of such lines twice
            int cut = lines.get(i).lastIndexOf(' ', columns);
            boolean verbatim = fenced || line.group(3).startsWith("|");
            if (verbatim || lines.get(i).length() <= columns || cut <= line.end(2)) {
                continue;
            }
            String margin = line.group(1) + line.group(2) + hangingIndent(line.group(3));
            String rest = lines.get(i).substring(cut).strip();
            lines.set(i, lines.get(i).substring(0, cut).stripTrailing());
            if (i + 1 < lines.size() && continues(lines.get(i + 1), margin)) {
                lines.set(i + 1, margin + rest + " " + lines.get(i + 1).strip().replaceFirst("^///?\\s+", ""));
            } else {
                lines.add(i + 1, margin + rest);
            }
        }
        return String.join("\n", lines);
    }

    private static String hangingIndent(String block) {
        if (block.startsWith("@")) {
            return "    ";
        }
        return block.startsWith("- ") ? "  " : "";
    }

    private static boolean continues(String next, String margin) {
        var line = COMMENT.matcher(next);
        return line.matches()
                && (line.group(1) + line.group(2)).equals(margin)
                && !BLOCK_START.matcher(line.group(3)).matches();
    }

    private static List<Path> sources(Path root) throws IOException {
        try (var files = Files.walk(root)) {
            return files.filter(Format::isSource).sorted().toList();
        }
    }

    private static boolean isSource(Path file) {
        if (!file.toString().endsWith(".java")) {
            return false;
        }
        for (Path part : file) {
            String name = part.toString();
            if (name.equals("target") || (name.startsWith(".") && !name.startsWith(".."))) {
                return false;
            }
        }
        return true;
    }
}
