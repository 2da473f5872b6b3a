package mayfly.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.StructLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The layouts and constants written by hand are those of the headers on this machine. */
class StructLayoutTest {
    private static final List<StructLayout> LAYOUTS = List.of(
            Poll.POLLFD,
            Epoll.EPOLL_EVENT,
            UnixDatagramSocket.SOCKADDR_UN,
            ResourceLimit.RLIMIT,
            DescriptorMessage.IOVEC,
            DescriptorMessage.MSGHDR,
            DescriptorMessage.CMSGHDR);

    private static final Map<String, Long> CONSTANTS = Map.ofEntries(
            Map.entry("O_CREAT", (long) Descriptor.O_CREAT),
            Map.entry("O_RDWR", (long) Descriptor.O_RDWR),
            Map.entry("O_CLOEXEC", (long) Descriptor.O_CLOEXEC),
            Map.entry("O_PATH", (long) Descriptor.O_PATH),
            Map.entry("O_DIRECTORY", (long) Descriptor.O_DIRECTORY),
            Map.entry("O_NOFOLLOW", (long) Descriptor.O_NOFOLLOW),
            Map.entry("LOCK_SH", 1L),
            Map.entry("LOCK_EX", 2L),
            Map.entry("LOCK_NB", 4L),
            Map.entry("POLLIN", 1L),
            Map.entry("AF_UNIX", 1L),
            Map.entry("SOCK_DGRAM", 2L),
            Map.entry("SOCK_NONBLOCK", 04000L),
            Map.entry("SOCK_CLOEXEC", 02000000L),
            Map.entry("EFD_CLOEXEC", 02000000L),
            Map.entry("EFD_NONBLOCK", 04000L),
            Map.entry("EPOLLIN", 1L),
            Map.entry("EPOLL_CTL_ADD", 1L),
            Map.entry("EPOLL_CTL_DEL", 2L),
            Map.entry("EPOLL_CLOEXEC", 02000000L),
            Map.entry("SCM_RIGHTS", 1L),
            Map.entry("TCP_INFO", 11L),
            Map.entry("offsetof(struct tcp_info, tcpi_bytes_received)", (long) TcpInfo.BYTES_RECEIVED),
            Map.entry("offsetof(struct tcp_info, tcpi_notsent_bytes)", (long) TcpInfo.NOTSENT_BYTES),
            Map.entry("offsetof(struct tcp_info, tcpi_bytes_sent)", (long) TcpInfo.BYTES_SENT),
            Map.entry("offsetof(struct tcp_info, tcpi_bytes_retrans)", (long) TcpInfo.BYTES_RETRANS),
            Map.entry("RLIMIT_NOFILE", 7L),
            Map.entry("PR_SET_CHILD_SUBREAPER", 36L),
            Map.entry("SYS_pidfd_send_signal", 424L),
            Map.entry("SYS_pidfd_open", 434L));

    @Test
    void areTheCompilersToo(@TempDir Path directory) throws Exception {
        assumeTrue(hasGcc(), "skipped: gcc is not installed, so there is nothing to compare the layouts with");
        assertThat(dump(directory)).isEqualTo(written());
    }

    @Test
    void errnoNamesAreTheHeaders(@TempDir Path directory) throws Exception {
        assumeTrue(hasGcc(), "skipped: gcc is not installed, so there is nothing to compare the numbers with");
        Path empty = Files.writeString(directory.resolve("errno.c"), "#include <errno.h>\n");
        String macros = run(directory, "gcc", "-E", "-dM", empty.toString());
        Map<String, Integer> numbers = new TreeMap<>();
        macros.lines()
                .map(line -> line.split(" ", -1))
                .filter(p -> p.length == 3)
                .forEach(p -> {
                    if (p[1].matches("E[A-Z0-9]+") && p[2].matches("\\d+")) {
                        numbers.put(p[1], Integer.parseInt(p[2]));
                    }
                });
        assertThat(numbers).hasSizeGreaterThan(100);
        numbers.forEach((name, number) -> assertThat(Errno.name(number)).isEqualTo(name));
        assertThat(Errno.name(0)).isEqualTo("errno 0");
        assertThat(Errno.name(-1)).isEqualTo("errno -1");
        assertThat(Errno.name(4711)).isEqualTo("errno 4711");
    }

    private static Map<String, Long> written() {
        Map<String, Long> written = new TreeMap<>(CONSTANTS);
        for (StructLayout layout : LAYOUTS) {
            String struct = layout.name().orElseThrow();
            written.put(struct, layout.byteSize());
            members(layout).forEach(member -> {
                String name = member.name().orElseThrow();
                written.put(struct + "." + name, layout.byteOffset(PathElement.groupElement(name)));
                written.put(struct + "." + name + " size", member.byteSize());
            });
        }
        return written;
    }

    private static Map<String, Long> dump(Path directory) throws IOException, InterruptedException {
        StringBuilder c = new StringBuilder("""
                #define _GNU_SOURCE
                #include <stdio.h>
                #include <stddef.h>
                #include <fcntl.h>
                #include <linux/tcp.h>
                #include <poll.h>
                #include <sys/epoll.h>
                #include <sys/eventfd.h>
                #include <sys/file.h>
                #include <sys/prctl.h>
                #include <sys/resource.h>
                #include <sys/socket.h>
                #include <sys/syscall.h>
                #include <sys/un.h>
                int main(void) {
                """);
        CONSTANTS.keySet().forEach(name -> c.append("printf(\"" + name + "=%ld\\n\",(long)" + name + ");\n"));
        for (StructLayout layout : LAYOUTS) {
            String struct = layout.name().orElseThrow();
            c.append("printf(\"" + struct + "=%zu\\n\",sizeof(struct " + struct + "));\n");
            members(layout).forEach(member -> {
                String name = member.name().orElseThrow();
                c.append("printf(\"" + struct + "." + name + "=%zu\\n\",offsetof(struct " + struct + "," + name
                        + "));\n");
                c.append("printf(\"" + struct + "." + name + " size=%zu\\n\",sizeof(((struct " + struct + "*)0)->"
                        + name + "));\n");
            });
        }
        Path source = Files.writeString(directory.resolve("dump.c"), c.append("}\n"));
        Path program = directory.resolve("dump");
        run(directory, "gcc", "-o", program.toString(), source.toString());
        Map<String, Long> dump = new TreeMap<>();
        run(directory, program.toString()).lines().forEach(line -> {
            int equals = line.indexOf('=');
            dump.put(line.substring(0, equals), Long.parseLong(line.substring(equals + 1)));
        });
        return dump;
    }

    private static String run(Path directory, String... command) throws IOException, InterruptedException {
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor()).as(() -> readable(output)).isZero();
        return Files.readString(output);
    }

    private static String readable(Path output) {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static Stream<MemoryLayout> members(StructLayout layout) {
        return layout.memberLayouts().stream().filter(member -> member.name().isPresent());
    }

    private static boolean hasGcc() {
        return java.util.Arrays.stream(System.getenv("PATH").split(":"))
                .anyMatch(entry -> Files.isExecutable(Path.of(entry, "gcc")));
    }
}
