package mayfly.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the C compiler makes of the headers of this machine. */
final class HeaderDump {
    private HeaderDump() {}

    static void needsGcc() {
        assumeTrue(
                Arrays.stream(System.getenv("PATH").split(":"))
                        .anyMatch(entry -> Files.isExecutable(Path.of(entry, "gcc"))),
                "skipped: gcc is not installed, so there is nothing to compare with");
    }

    /** The values of integer expressions. */
    static Map<String, Long> values(Path directory, List<String> headers, Collection<String> expressions)
            throws IOException, InterruptedException {
        StringBuilder c = new StringBuilder();
        expressions.forEach(e -> c.append("printf(\"%lld\\n\",(long long)(" + e + "));\n"));
        List<String> lines = print(directory, headers, c.toString()).lines().toList();
        Map<String, Long> values = new TreeMap<>();
        int at = 0;
        for (String expression : expressions) {
            values.put(expression, Long.parseLong(lines.get(at++)));
        }
        return values;
    }

    /** What statements in main print. */
    static String print(Path directory, List<String> headers, String statements)
            throws IOException, InterruptedException {
        StringBuilder c = new StringBuilder("#define _GNU_SOURCE\n#include <stdio.h>\n#include <stddef.h>\n");
        headers.forEach(header -> c.append("#include <" + header + ">\n"));
        c.append("int main(void) {\n" + statements + "}\n");
        Path source = Files.writeString(directory.resolve("headers.c"), c);
        Path program = directory.resolve("headers");
        run("gcc", "-o", program.toString(), source.toString());
        return run(program.toString());
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
