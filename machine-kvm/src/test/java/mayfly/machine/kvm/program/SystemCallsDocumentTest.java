package mayfly.machine.kvm.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import mayfly.machine.kvm.program.CallTable.Entry;
import mayfly.machine.kvm.program.CallTable.Kind;
import org.junit.jupiter.api.Test;

/** SYSTEM_CALLS.md says what the table says, and the table says something about every call that Linux has. */
class SystemCallsDocumentTest {
    /** The newest call of Linux 6.8; no x86-64 call has a number between the two ranges but uretprobe (335). */
    private static final int LAST = 461;

    private static final int LAST_OLD = 334;
    private static final int FIRST_NEW = 424;

    private static final Path DOCUMENT = Path.of("SYSTEM_CALLS.md");

    @Test
    void theDocumentIsWhatTheTableSays() throws Exception {
        String text = text(SystemCalls.all());
        Path fresh = Files.writeString(Path.of("target", "SYSTEM_CALLS.md"), text);
        assertThat(DOCUMENT)
                .as("stale; cp machine-kvm/%s machine-kvm/%s", fresh, DOCUMENT)
                .exists()
                .content()
                .isEqualTo(text);
    }

    @Test
    void everyCallHasADeliberateAnswer() {
        List<Integer> known =
                SystemCalls.all().entries().stream().map(Entry::number).toList();
        assertThat(known)
                .containsExactlyElementsOf(
                        IntStream.concat(IntStream.rangeClosed(0, LAST_OLD), IntStream.rangeClosed(FIRST_NEW, LAST))
                                .boxed()
                                .toList());
    }

    @Test
    void callsHaveTheKernelsNames() throws Exception {
        Path header = Path.of("/usr/include/x86_64-linux-gnu/asm/unistd_64.h");
        if (!Files.exists(header)) {
            System.out.println("skipped: no " + header);
            return;
        }
        Matcher lines = Pattern.compile("#define __NR_(\\w+) (\\d+)").matcher(Files.readString(header));
        Map<Integer, String> names = new TreeMap<>();
        while (lines.find()) {
            names.put(Integer.valueOf(lines.group(2)), lines.group(1));
        }
        for (Entry entry : SystemCalls.all().entries()) {
            assertThat(entry.name()).isEqualTo(names.getOrDefault(entry.number(), entry.name()));
        }
    }

    private static String text(CallTable table) {
        StringBuilder text = new StringBuilder("""
                # System calls of programs in KVM machines

                Generated from the table that answers them (`SystemCallsDocumentTest`); do not edit. x86-64, all calls of
                Linux 6.8. Every other number answers ENOSYS, is counted, and listed by `mayfly run --stats`.

                | kind | meaning | calls |
                |---|---|---|
                """);
        for (Kind kind : Kind.values()) {
            long count = table.entries().stream()
                    .filter(entry -> entry.kind() == kind)
                    .count();
            text.append("| ").append(name(kind)).append(" | ").append(meaning(kind));
            text.append(" | ").append(count).append(" |\n");
        }
        for (Kind kind : Kind.values()) {
            text.append("\n## ").append(name(kind)).append("\n\n| number | call | remark |\n|---|---|---|\n");
            table.entries().stream()
                    .filter(entry -> entry.kind() == kind)
                    .forEach(entry -> text.append("| ")
                            .append(entry.number())
                            .append(" | ")
                            .append(entry.name())
                            .append(" | ")
                            .append(entry.remark())
                            .append(" |\n"));
        }
        return text.toString();
    }

    private static String name(Kind kind) {
        return switch (kind) {
            case EMULATED -> "emulated";
            case HOST_BACKED -> "host-backed";
            case CONSTANT -> "constant";
            case REFUSED -> "refused";
        };
    }

    private static String meaning(Kind kind) {
        return switch (kind) {
            case EMULATED -> "answered from the machine's own state";
            case HOST_BACKED -> "with the help of the host's kernel, on files that the machine may see";
            case CONSTANT -> "always the same: one user, one processor";
            case REFUSED -> "always the same error, and why";
        };
    }
}
