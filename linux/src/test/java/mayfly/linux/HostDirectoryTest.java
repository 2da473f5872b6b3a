package mayfly.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostDirectoryTest {
    @TempDir
    Path scratch;

    @Test
    void filesBelowItAreRead() throws Exception {
        Files.createDirectories(scratch.resolve("a/b"));
        Files.writeString(scratch.resolve("a/b/hello"), "hello world");
        Files.createSymbolicLink(scratch.resolve("link"), Path.of("a/b"));
        try (HostDirectory directory = HostDirectory.open(scratch)) {
            HostStatus status = directory.status("a/b/hello");
            assertThat(status.error()).isZero();
            assertThat(status.size()).isEqualTo(11);
            assertThat(status.inode()).isEqualTo(Files.getAttribute(scratch.resolve("a/b/hello"), "unix:ino"));
            assertThat(status.mode() & 0170000).isEqualTo(0100000);
            assertThat(directory.readLink("link")).isEqualTo("a/b");
            HostDirectory.Opened opened = directory.open("a/b/hello");
            assertThat(opened.error()).isZero();
            HostFile file = opened.file();
            try (Memory memory = Memory.anonymous(4096)) {
                assertThat(file.read(memory, 100, 50, 6)).isEqualTo(5);
                byte[] got = new byte[5];
                memory.read(100, got, 0, 5);
                assertThat(new String(got, StandardCharsets.UTF_8)).isEqualTo("world");
                assertThat(file.status().isSame(file.openStatus())).isTrue();
                file.close();
                assertThat(file.read(memory, 0, 1, 0)).isEqualTo(-Errno.EBADF);
            }
            List<HostDirectory.Entry> entries = new ArrayList<>();
            assertThat(directory.list(".", 100, entries)).isZero();
            assertThat(entries).extracting(HostDirectory.Entry::name).containsExactlyInAnyOrder(".", "..", "a", "link");
            assertThat(directory.list(".", 3, entries)).isEqualTo(Errno.EOVERFLOW);
        }
    }

    @Test
    void nothingLeadsOut() throws Exception {
        Path inside = Files.createDirectory(scratch.resolve("inside"));
        Files.writeString(scratch.resolve("secret"), "secret");
        Files.createSymbolicLink(inside.resolve("absolute"), scratch.resolve("secret"));
        Files.createSymbolicLink(inside.resolve("up"), Path.of(".."));
        Files.createSymbolicLink(inside.resolve("magic"), Path.of("/proc/self/cwd"));
        try (HostDirectory directory = HostDirectory.open(inside)) {
            assertThat(directory.status("../secret").error()).isEqualTo(Errno.EXDEV);
            assertThat(directory.status("/etc/passwd").error()).isEqualTo(Errno.EXDEV);
            assertThat(directory.status("up/secret").error()).isEqualTo(Errno.ELOOP);
            assertThat(directory.status("magic/etc").error()).isEqualTo(Errno.ELOOP);
            assertThat(directory.open("absolute").error()).isEqualTo(Errno.EACCES);
            assertThat(directory.open("nothing").error()).isEqualTo(Errno.ENOENT);
            assertThat(directory.list("up", 10, new ArrayList<>())).isIn(Errno.ELOOP, Errno.ENOTDIR);
            assertThat(directory.status("x".repeat(5000)).error()).isEqualTo(Errno.ENAMETOOLONG);
        }
    }
}
