package mayfly.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import mayfly.base.Clock;

/**
 * Everything outside that a command touches besides the node.
 *
 * @param out results; buffered, whoever prints last flushes
 * @param err progress and errors
 * @param terminal whether a person reads {@code out}
 * @param doctor examines this host without a node; absent in clients that cannot
 */
record Surroundings(
        Map<String, String> environment,
        InputStream in,
        PrintStream out,
        PrintStream err,
        boolean terminal,
        Clock clock,
        Optional<LocalDoctor> doctor) {

    private static final int BUFFER_BYTES = 16 * 1024;

    static Surroundings ofProcess(Optional<LocalDoctor> doctor) {
        return new Surroundings(
                System.getenv(),
                System.in,
                stream(FileDescriptor.out),
                stream(FileDescriptor.err),
                isTerminal("/proc/self/fd/1"),
                Clock.system(),
                doctor);
    }

    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(
                new java.io.BufferedOutputStream(new FileOutputStream(descriptor), BUFFER_BYTES),
                false,
                StandardCharsets.UTF_8);
    }

    /** Cheaper than System.console, which loads a line editor. */
    private static boolean isTerminal(String descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of(descriptor)).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (IOException e) {
            return false;
        }
    }
}
