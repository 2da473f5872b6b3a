package mayfly.checks.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mayfly.machine.GuestRuntime;
import mayfly.machine.Machine;
import mayfly.machine.Template;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What stays apart: one attack per promise. */
interface IsolationKit {
    GuestBed bed();

    /** A directory of the host that every user may read. */
    Path open();

    /** What machines of this driver leave on the host while they live: processes, directories, mounts, cgroups. */
    Set<String> traces();

    /** Whether a machine can have more than one process. */
    boolean hasChildren();

    @ParameterizedTest
    @EnumSource
    default void nothingOfACallIsLeftForTheNext(GuestRuntime runtime) throws Exception {
        bed().require(runtime);
        try (Template template = bed().fresh(runtime)) {
            String sleeping = hasChildren() ? "\"sleeping\":2" : "\"sleeping\":0";
            String clean = "{\"tmp\":false,\"env\":null,\"sleeping\":0,\"calls\":0}";
            assertThat(bed().freshAnswer(template, "leave", ""))
                    .contains("\"tmp\":true", "\"env\":\"secret\"", sleeping);
            assertThat(bed().freshAnswer(template, "look", "")).isEqualTo(clean);
            try (Machine first = template.fork();
                    Machine second = template.fork()) {
                assertThat(bed().answer(first, "leave")).contains("\"tmp\":true");
                assertThat(bed().answer(second, "look"))
                        .as("while the first is not closed")
                        .isEqualTo(clean);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"PYTHON3", "NODE"})
    default void twoMachinesDrawDifferentNumbers(GuestRuntime runtime) throws Exception {
        bed().require(runtime);
        try (Template template = bed().fresh(runtime)) {
            String[] first = bed().freshAnswer(template, "random", "").split(",");
            String[] second = bed().freshAnswer(template, "random", "").split(",");
            assertThat(first).hasSize(2).doesNotContain(second);
        }
    }

    @ParameterizedTest
    @EnumSource
    default void theHostsFilesAreNotThere(GuestRuntime runtime) throws Exception {
        bed().require(runtime);
        Path secret = Files.writeString(open().resolve("secret"), "secret");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r--r--"));
        Path otherCode = bed().directory("other", Map.of("other.py", "", "other.js", ""));
        try (Template template = bed().fresh(runtime)) {
            for (Path path :
                    List.of(secret, otherCode.resolve("other.py"), Path.of("/etc/shadow"), Path.of("/root/.bashrc"))) {
                assertThat(bed().freshAnswer(template, "read", "\"path\":\"" + path + "\""))
                        .as("%s", path)
                        .startsWith("\"refused");
            }
            assertThat(bed().freshAnswer(template, "list", "\"path\":\"" + open() + "\""))
                    .startsWith("[\"refused");
            String root = bed().freshAnswer(template, "list", "\"path\":\"/\"");
            assertThat(Arrays.asList(root.replaceAll("[\\[\\]\"]", "").split(",")))
                    .isSubsetOf(
                            "app", "bin", "dev", "etc", "lib", "lib32", "lib64", "libx32", "mayfly", "proc", "sbin",
                            "sys", "tmp", "usr", "var", "run");
            assertThat(bed().freshAnswer(template, "list", "\"path\":\"/tmp\"")).isEqualTo("[]");
        }
    }

    @ParameterizedTest
    @EnumSource
    default void thereIsNoNetwork(GuestRuntime runtime) throws Exception {
        bed().require(runtime);
        Path socket = open().resolve("host.sock");
        try (ServerSocketChannel tcp = ServerSocketChannel.open();
                ServerSocketChannel unix = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                Template template = bed().fresh(runtime)) {
            tcp.bind(new InetSocketAddress("0.0.0.0", 0));
            unix.bind(UnixDomainSocketAddress.of(socket));
            int port = ((InetSocketAddress) tcp.getLocalAddress()).getPort();
            String where = "\"port\":" + port + ",\"address\":\"" + ownAddress() + "\",\"path\":\"" + socket + "\"";
            assertThat(bed().freshAnswer(template, "connect", where)).isEqualTo("[]");
        } finally {
            Files.deleteIfExists(socket);
        }
    }

    private static String ownAddress() throws Exception {
        for (NetworkInterface each : Collections.list(NetworkInterface.getNetworkInterfaces())) {
            for (InetAddress address : Collections.list(each.getInetAddresses())) {
                if (address.getAddress().length == 4 && !address.isLoopbackAddress()) {
                    return address.getHostAddress();
                }
            }
        }
        return "127.0.0.1";
    }

    @ParameterizedTest
    @EnumSource(names = {"PYTHON3", "NATIVE"})
    default void noDescriptorIsInherited(GuestRuntime runtime) throws Exception {
        bed().require(runtime);
        try (Template template = bed().fresh(runtime);
                Machine sibling = template.fork()) {
            assertThat(sibling.id()).isNotNull();
            String answer = bed().freshAnswer(template, "descriptors", "");
            List<String> found =
                    Arrays.asList(answer.replaceAll("[\\[\\]\"]", "").split(","));
            assertThat(found)
                    .filteredOn(fd -> fd.contains("socket:"))
                    .as("the work channel")
                    .hasSize(1);
            assertThat(found)
                    .filteredOn(fd -> !fd.contains("socket:"))
                    .allMatch(fd ->
                            fd.matches("0 /dev/null|[12] ((/tmp/#[0-9]+|/memfd:output) [(]deleted[)]|pipe:[0-9]+)"));
        }
    }

    @ParameterizedTest
    @EnumSource
    default void signalsReachNobodyOutside(GuestRuntime runtime) throws Exception {
        bed().require(runtime);
        Process bystander = new ProcessBuilder("sleep", "1000").start();
        try (Template template = bed().reusable(runtime);
                Machine sibling = template.fork();
                Machine machine = template.fork()) {
            assertThat(bed().answer(sibling, "count")).isEqualTo("1");
            String pids = "\"pids\":[" + bystander.pid() + ","
                    + ProcessHandle.current().pid() + "]";
            var outcome = bed().call(machine, "signal", pids, GuestBed.PATIENCE, mayfly.machine.LogSink.NONE);
            assertThat(outcome).isNotNull();
            assertThat(bystander.isAlive()).isTrue();
            assertThat(bed().answer(sibling, "count")).isEqualTo("2");
            assertThat(template.ping(10_000)).isTrue();
        } finally {
            bystander.destroyForcibly();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"PYTHON3"})
    default void aMachineHasNoRightsAndNoneOfTheNodesEnvironment(GuestRuntime runtime) throws Exception {
        bed().require(runtime);
        try (Template template = bed().fresh(runtime)) {
            String rights = bed().freshAnswer(template, "rights", "");
            assertThat(rights)
                    .contains(
                            "\"capabilities\":\"0000000000000000\"", "\"no_new_privileges\":\"1\"", "\"seccomp\":\"2\"")
                    .contains("\"mount\":-1", "\"unshare\":-1", "\"ptrace\":-1");
            String environment = rights.substring(rights.indexOf("\"environment\":["));
            assertThat(environment
                            .replaceAll("\"environment\":\\[|[\\]}\"]", "")
                            .split(","))
                    .isSubsetOf(
                            "HOME",
                            "KIT",
                            "LANG",
                            "LC_CTYPE",
                            "MAYFLY_FUNCTION",
                            "MKL_NUM_THREADS",
                            "OMP_NUM_THREADS",
                            "OPENBLAS_NUM_THREADS",
                            "PATH");
        }
    }

    @ParameterizedTest
    @EnumSource
    default void aClosedTemplateLeavesNothingBehind(GuestRuntime runtime) throws Exception {
        bed().require(runtime);
        Path code = bed().code(runtime);
        Set<String> before = traces();
        Template template = bed().boot(GuestBed.spec(runtime, code, GuestBed.handler(runtime, "handle"), true));
        Machine idle = template.fork();
        Machine used = template.fork();
        assertThat(bed().answer(used, "leave")).contains("\"tmp\":true");
        assertThat(traces()).as("the check sees a living machine").isNotEqualTo(before);
        template.close();
        await().atMost(GuestBed.PATIENCE)
                .untilAsserted(() -> assertThat(traces()).isEqualTo(before));
        idle.close();
        used.close();
        assertThat(traces()).isEqualTo(before);
    }
}
