import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.FormatterServiceImpl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// Formats every Java file below the current directory, or below those it is given, in place; with `--check` it changes
/// none. What is not right, and the remedy, goes to standard error and makes the exit code 1, or goes to the file of
/// `--report FILE`, which is empty if all is well.
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
        boolean check = roots.remove("--check");
        int report = roots.indexOf("--report");
        Path reportFile = report < 0 ? null : Path.of(roots.remove(report + 1));
        roots.remove("--report");

        Format format = new Format();
        for (String root : roots.isEmpty() ? List.of("") : roots) {
            for (Path source : sources(Path.of(root))) {
                format.visit(source, check);
            }
        }
        if (reportFile == null) {
            System.err.print(format.findings);
            System.exit(format.findings.isEmpty() ? 0 : 1);
        }
        Files.createDirectories(reportFile.toAbsolutePath().getParent());
        Files.writeString(reportFile, format.findings);
    }

    private void visit(Path source, boolean check) throws IOException {
        String before = Files.readString(source);
        String after;
        try {
            after = formatter.formatSourceReflowStringsAndFixImports(fillComments(before));
        } catch (FormatterException e) {
            findings.append("cannot be formatted: ").append(source).append(':').append(e.getMessage());
            findings.append(" (if it is about a '_' in a record pattern, write 'var _')\n");
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
    private static String fillComments(String source) throws FormatterException {
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
            if (fenced || lines.get(i).length() <= columns || cut <= line.end(2)) {
                continue;
            }
            if (line.group(3).startsWith("|")) {
                String row = line.group(3)
                        .replaceAll(" +\\|", " |")
                        .replaceAll("\\| +", "| ")
                        .replaceAll("-{3,}", "---");
                lines.set(i, line.group(1) + line.group(2) + row);
                if (lines.get(i).length() > columns) {
                    throw new FormatterException("table row in a comment is too long even without padding: line="
                            + (i + 1) + ", columns=" + lines.get(i).length() + ", limit=" + columns
                            + "; say it in fewer words");
                }
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
            return files.filter(file -> file.toString().endsWith(".java") && !isHidden(root.relativize(file)))
                    .sorted()
                    .toList();
        }
    }

    /// True for what the build has made and for what belongs to other tools.
    private static boolean isHidden(Path file) {
        for (Path part : file) {
            if (part.toString().equals("target") || part.toString().startsWith(".")) {
                return true;
            }
        }
        return false;
    }
}
