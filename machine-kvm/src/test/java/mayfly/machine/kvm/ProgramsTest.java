package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import mayfly.machine.kvm.InstalledProgram.Run;
import mayfly.machine.kvm.program.Stop;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

    @Test
    void pythonImportsWhatItHas() throws Exception {
        same(InstalledProgram.of("/usr/bin/python3"), "-c", """
                import asyncio, ctypes, decimal, hashlib, sqlite3, ssl, tempfile, os, zlib
                with tempfile.TemporaryDirectory() as d:
                    p = os.path.join(d, 'x')
                    open(p, 'w').write('hello')
                    os.rename(p, p + '2')
                    print(os.listdir(d), os.stat(p + '2').st_size)
                    c = sqlite3.connect(os.path.join(d, 'db'))
                    c.execute('create table t(a)')
                    c.executemany('insert into t values (?)', [(i,) for i in range(1000)])
                    c.commit()
                    print(c.execute('select sum(a) from t').fetchone())
                print(hashlib.sha256(b'x').hexdigest(), decimal.Decimal(1) / 3, len(os.listdir('/proc/self/fd')) > 2)
                async def main():
                    await asyncio.sleep(0.001)
                    return 'slept'
                print(asyncio.run(main()))
                """);
    }

    @Test
    void findFinds() throws Exception {
        same(InstalledProgram.of("/usr/bin/find"), "/usr/lib/python3", "-name", "*.py", "-newermt", "1999-01-01");
    }

    @Test
    void grepSearches() throws Exception {
        same(InstalledProgram.of("/bin/grep"), "-rc", "import", "/usr/lib/python3/dist-packages");
    }

    @Test
    void sedEdits() throws Exception {
        same(InstalledProgram.of("/bin/sed").input("one two\n"), "-e", "s/two/three/", "-", "/etc/hostname", "-n");
    }

    @Test
    void tarPacks() throws Exception {
        same(InstalledProgram.of("/bin/tar"), "--sort=name", "-cf", "-", "-C", "/usr/lib/ssl", ".");
    }

    @Test
    void gitReadsARepository(@TempDir Path dir) throws Exception {
        InstalledProgram git = InstalledProgram.of("/usr/bin/git").show(dir);
        git.onHost("init", "-q", dir.toString());
        Files.writeString(dir.resolve("file"), "content\n");
        git.onHost("-C", dir.toString(), "add", "file");
        git.onHost("-C", dir.toString(), "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first");
        same(git, "-c", "safe.directory=*", "-C", dir.toString(), "log", "--stat");
    }

    @Test
    void bashCounts() throws Exception {
        same(
                InstalledProgram.of("/bin/bash"),
                "-c",
                "for i in 1 2 3; do echo $((i * i)); done; cd /usr/lib; pwd; [ -d ssl ] && echo yes");
    }

    @Test
    void opensslHashes() throws Exception {
        same(InstalledProgram.of("/usr/bin/openssl").input("abc"), "dgst", "-sha256");
    }
}
