package dev.rouse.examples.chat;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/// The properties file of `--config`: its values are the defaults of the options with the same names.
final class ConfigFile implements IDefaultValueProvider {
    private final Properties properties = new Properties();

    /// Only looks for the file's name: the command itself parses the rest later.
    private static final class Where {
        @Option(names = "--config")
        @Nullable
        Path config;
    }

    private ConfigFile() {}

    /// Reads the file that the arguments name, if they do.
    ///
    /// @throws ParameterException if it cannot be read or sets something that is no option
    static ConfigFile namedIn(String[] args, CommandLine command) {
        Where where = new Where();
        new CommandLine(where).setUnmatchedArgumentsAllowed(true).parseArgs(args);
        ConfigFile file = new ConfigFile();
        if (where.config != null) {
            file.read(where.config, command);
        }
        return file;
    }

    private void read(Path path, CommandLine command) {
        try (Reader reader = Files.newBufferedReader(path)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new ParameterException(command, "cannot read the configuration: file=" + path + ", cause=" + e, e);
        }
        for (String key : new TreeSet<>(properties.stringPropertyNames())) {
            if (key.equals("config") || command.getCommandSpec().findOption("--" + key) == null) {
                throw new ParameterException(command, "unknown setting: file=" + path + ", setting=" + key);
            }
        }
    }

    @Override
    public @Nullable String defaultValue(ArgSpec argument) {
        return argument instanceof OptionSpec option
                ? properties.getProperty(option.longestName().substring("--".length()))
                : null;
    }
}
