package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import mayfly.machine.kvm.InstalledProgram.Run;
import mayfly.machine.kvm.program.Stop;
import org.junit.jupiter.api.Test;

/** Programs as they are installed say in a machine what they say on the host. */
class ProgramsTest {
    private static Run same(InstalledProgram program, String... arguments) throws Exception {
        Run run = program.inMachine(arguments);
        assertThat(run.stop()).as(() -> about(run)).isEqualTo(new Stop.Exited(0));
        assertThat(run.output()).as(() -> about(run)).isEqualTo(program.onHost(arguments));
        return run;
    }

    private static String about(Run run) {
        int size = run.calls().size();
        return run.output() + "\n" + String.join("\n", run.calls().subList(Math.max(0, size - 60), size));
    }

    @Test
    void trueIsTrue() throws Exception {
        same(InstalledProgram.of("/bin/true"));
    }

    @Test
    void lsLists() throws Exception {
        same(InstalledProgram.of("/bin/ls"), "-la", "/usr/lib/ssl", "/usr/bin/awk");
        same(InstalledProgram.of("/bin/ls"), "/usr/bin");
    }

    @Test
    void catCopies() throws Exception {
        same(InstalledProgram.of("/bin/cat").input("hello\n"), "/usr/lib/os-release", "-");
    }

    @Test
    void sortSorts() throws Exception {
        same(InstalledProgram.of("/usr/bin/sort").input("pear\napple\nfig\n"), "-r");
    }

    @Test
    void awkCounts() throws Exception {
        same(InstalledProgram.of("/usr/bin/awk").input("1 2\n3 4\n"), "{ s += $1 * $2 } END { print s }");
    }

    @Test
    void sqliteQueries() throws Exception {
        same(
                InstalledProgram.of("/usr/bin/sqlite3"),
                ":memory:",
                "create table t(a, b); insert into t values (1, 'x'), (2, 'y'); select sum(a), group_concat(b) from t;");
        same(
                InstalledProgram.of("/usr/bin/sqlite3"),
                "/tmp/mayfly-programs-test.db",
                "drop table if exists t; create table t(a); insert into t values (1), (2); select * from t;");
    }

    @Test
    void perlRuns() throws Exception {
        same(InstalledProgram.of("/usr/bin/perl"), "-MData::Dumper", "-e", "print Dumper([map { $_ * 2 } 1..5])");
    }

    @Test
    void gitTellsItsVersion() throws Exception {
        same(InstalledProgram.of("/usr/bin/git"), "--version");
    }

    @Test
    void pythonCalculates() throws Exception {
        same(
                InstalledProgram.of("/usr/bin/python3"),
                "-c",
                "import json, os, tempfile; print(json.dumps({'a': 1 + 1}))");
    }
}
