package mayfly.machine.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import mayfly.machine.HostReport;
import mayfly.machine.MachineException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostProbeTest {
    private static HostReport report(String... available) throws MachineException {
        String features = Stream.of(available)
                .map(name -> "\"%s\":{\"available\":true,\"detail\":\"d\",\"remedy\":\"\"}".formatted(name))
                .collect(Collectors.joining(","));
        return HostProbe.parse(("{\"v\":1,\"features\":{" + features + "}}").getBytes(StandardCharsets.UTF_8));
    }

    private static final String[] NAMESPACES = {
        "userns", "pidns", "mountns", "netns", "ipcns", "utsns", "tmpfs", "proc", "pivot_root", "open_tree"
    };

    private static String[] and(String[] some, String... more) {
        return Stream.concat(Stream.of(some), Stream.of(more)).toArray(String[]::new);
    }

    @Test
    void thisHostAnswers(@TempDir Path run) throws Exception {
        HostReport report = HostProbe.runFrom(run);
        assertThat(report.driver()).isEqualTo("process");
        assertThat(report.features())
                .extracting(HostReport.Feature::name)
                .contains("userns", "seccomp", "landlock", "cgroup_v2_memory", "kvm");
        assertThat(report.features())
                .filteredOn(feature -> !feature.available())
                .allSatisfy(feature -> assertThat(feature.detail()).isNotEmpty());
        for (Path parent : HostProbe.cgroups(report)) {
            assertThat(Files.isDirectory(parent)).as(parent.toString()).isTrue();
        }
    }

    @Test
    void levels() throws Exception {
        assertThat(report(and(NAMESPACES, "seccomp", "landlock", "cgroup_v1_memory"))
                        .level())
                .isEqualTo("full");
        assertThat(report(and(NAMESPACES, "seccomp", "landlock")).level()).isEqualTo("reduced");
        assertThat(report(and(NAMESPACES, "seccomp")).usable()).isTrue();
        assertThat(report("seccomp", "landlock").level()).isEqualTo("reduced");
        assertThat(report("seccomp", "userns", "mountns").usable()).isFalse();
        assertThat(report(NAMESPACES).level()).isEqualTo("none");
        assertThat(report().usable()).isFalse();
    }

    @Test
    void cgroupParents() throws Exception {
        List<String> hybrid = List.of("5:cpu,cpuacct:/", "4:memory:/a/b", "3:pids:/", "0::/c", "garbage", "");
        assertThat(HostProbe.cgroups(report("cgroup_v1_memory", "cgroup_v1_pids"), hybrid))
                .containsExactly(Path.of("/sys/fs/cgroup/memory/a/b"), Path.of("/sys/fs/cgroup/pids"));
        assertThat(HostProbe.cgroups(report("cgroup_v2"), hybrid)).isEmpty();
        assertThat(HostProbe.cgroups(report("cgroup_v2_memory"), List.of("0::/user.slice/x")))
                .singleElement()
                .asString()
                .endsWith("user.slice/x");
        assertThat(HostProbe.cgroups(report(), hybrid)).isEmpty();
    }

    @Test
    void nonsenseIsRefused(@TempDir Path directory) throws Exception {
        for (String answer :
                new String[] {"", "{}", "[]", "{\"v\":2,\"features\":{}}", "{\"v\":1,\"features\":[]}", "x"}) {
            assertThatExceptionOfType(MachineException.class)
                    .as(answer)
                    .isThrownBy(() -> HostProbe.parse(answer.getBytes(StandardCharsets.UTF_8)))
                    .withMessageStartingWith("probe: ");
        }
        HostReport sparse =
                HostProbe.parse("{\"v\":1,\"features\":{\"a\":7,\"b\":{}}}".getBytes(StandardCharsets.UTF_8));
        assertThat(sparse.features())
                .allSatisfy(feature -> assertThat(feature.available()).isFalse());
        assertThatExceptionOfType(MachineException.class)
                .isThrownBy(() -> HostProbe.run(directory.resolve("missing")))
                .withMessageStartingWith("probe: ");
    }
}
