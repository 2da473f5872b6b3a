package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import mayfly.machine.kvm.InstalledProgram.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Installed programs that look for the host's files, and find none that they were not shown. */
class EscapesTest {
    @Test
    void secretsAreNotThere() throws Exception {
        for (String path : new String[] {
            "/etc/shadow",
            "/proc/self/root/etc/shadow",
            "/proc/1/root/etc/shadow",
            "/proc/1/environ",
            "/usr/../etc/shadow",
            "/usr/lib/../../../../etc/shadow",
            "/root/.bashrc",
            "/proc/self/cwd/../../../root",
            "/dev/mem",
            "/dev/kvm",
            "/proc/kcore",
            "/proc/sys/kernel/core_pattern",
            "/sys/kernel/debug"
        }) {
            Run run = InstalledProgram.of("/bin/cat").inMachine(path);
            assertThat(run.output()).as(path).contains(path).contains("No such file or directory");
        }
    }

    @Test
    void theMachineHasItsOwnUsers() throws Exception {
        Run run = InstalledProgram.of("/bin/cat").inMachine("/etc/passwd", "/proc/self/cmdline");
        assertThat(run.output())
                .startsWith("root:x:0:0:")
                .contains("mayfly:x:1000:1000:")
                .endsWith("/bin/cat\0/etc/passwd\0/proc/self/cmdline\0");
    }

    @Test
    void programsDoNotWriteToTheHost(@TempDir Path dir) throws Exception {
        Files.writeString(dir.resolve("file"), "before");
        InstalledProgram perl = InstalledProgram.of("/usr/bin/perl").show(dir);
        String script = """
                for my $path (@ARGV) {
                    print "$path ", (open(my $f, '+<', $path) ? "opened" : "$!"), "\\n";
                }
                print mkdir("$ARGV[0].d") ? "made" : "$!", "\\n";
                print unlink($ARGV[0]) ? "removed" : "$!", "\\n";
                print rename($ARGV[0], "/tmp/x") ? "renamed" : "$!", "\\n";
                print chmod(0777, $ARGV[0]) ? "changed" : "$!", "\\n";
                print truncate($ARGV[0], 0) ? "cut" : "$!", "\\n";
                print symlink("x", "/usr/lib/mayfly") ? "linked" : "$!", "\\n";
                """;
        String file = dir.resolve("file").toString();
        String refused = "Read-only file system\n";
        assertThat(perl.inMachine("-e", script, file, "/usr/bin/perl", "/etc/passwd", "/proc/self/maps")
                        .output())
                .isEqualTo(file + " " + refused + "/usr/bin/perl " + refused + "/etc/passwd " + refused
                        + "/proc/self/maps Permission denied\n" + refused + refused + "Invalid cross-device link\n"
                        + refused + refused + refused);
        assertThat(dir.resolve("file")).hasContent("before");
    }

    @Test
    void itsOwnFilesAreItsOwn() throws Exception {
        Run run = InstalledProgram.of("/usr/bin/perl").inMachine("-e", """
                my $path = "/tmp/mayfly-escapes-test";
                open(my $f, '>', $path) or die "$!"; print $f "mine"; close $f;
                open($f, '<', $path) or die "$!"; print <$f>; print " ", -s $path, "\\n";
                opendir(my $d, "/tmp") or die "$!"; print join(" ", sort readdir($d)), "\\n";
                print readlink("/proc/self/exe"), " ", readlink("/proc/self/fd/0"), "\\n";
                """);
        assertThat(run.output()).isEqualTo("mine 4\n. .. mayfly-escapes-test\n/usr/bin/perl socket:[3]\n");
        assertThat(Path.of("/tmp/mayfly-escapes-test")).doesNotExist();
    }

    @Test
    void theExecutableIsTheFileBehindLinks(@TempDir Path dir) throws Exception {
        Files.createSymbolicLink(dir.resolve("link"), Path.of("/usr/bin/perl"));
        Run run = InstalledProgram.of("/usr/bin/perl").show(dir).inMachine("-e", "print readlink('/proc/self/exe')");
        assertThat(run.output()).isEqualTo("/usr/bin/perl");
        InstalledProgram linked =
                InstalledProgram.of(dir.resolve("link").toString()).show(dir);
        assertThat(linked.inMachine("-e", "print readlink('/proc/self/exe')").output())
                .isEqualTo("/usr/bin/perl");
    }
}
