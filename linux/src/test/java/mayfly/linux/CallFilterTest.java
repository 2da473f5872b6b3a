package mayfly.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class CallFilterTest {
    /** In a process of its own, which cannot be undone. */
    static final class Filtered {
        public static void main(String[] arguments) throws Exception {
            Thread before = Thread.ofPlatform().unstarted(() -> System.out.println("earlier thread: " + start()));
            System.out.println("unfiltered: " + start());
            CallFilter.refuseNewPrograms();
            before.start();
            before.join();
            System.out.println("filtered: " + start());
        }

        private static String start() {
            try {
                return "exit " + new ProcessBuilder("/bin/true").start().waitFor();
            } catch (IOException e) {
                return "refused";
            } catch (InterruptedException e) {
                return "interrupted";
            }
        }
    }

    @Test
    void aFilteredProcessStartsThreadsAndNoPrograms() throws Exception {
        assumeTrue(System.getProperty("os.arch").equals("amd64"), "the filter is for x86-64");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "no setpriv to give up privileges with");
        Process process = new ProcessBuilder(List.of(
                        "/usr/bin/setpriv",
                        "--no-new-privs",
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Filtered.class.getName()))
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(said.lines()).containsExactly("unfiltered: exit 0", "earlier thread: refused", "filtered: refused");
    }
}
