package mayfly.machine.kvm.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import mayfly.linux.Errno;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a tree promises: no way out of it, limits, and copies that do not see each other. */
class FileTreeTest {
    private static final int WRITES = FileTree.O_CREAT | OpenFile.READ_WRITE;

    @TempDir
    Path scratch;

    private HostView view;
    private FileTree tree;

    @BeforeEach
    void make() throws Exception {
        Path shown = Files.createDirectories(scratch.resolve("shown/inner"));
        Files.writeString(scratch.resolve("secret"), "secret");
        Files.writeString(shown.resolve("file"), "shown");
        view = new HostView();
        view.addDirectory(scratch.resolve("shown"), "/data/here");
        tree = view.tree(1 << 20, 1000);
    }

    @AfterEach
    void close() {
        view.close();
    }

    private static OpenFile open(FileTree tree, String path, int flags) {
        Opened opened = tree.open(tree.root(), path, flags, 0600);
        assertThat(opened.error()).as(path).isZero();
        return opened.file();
    }

    private static long error(FileTree tree, String path, int flags) {
        return tree.open(tree.root(), path, flags, 0600).error();
    }

    private static long write(OpenFile file, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return file.write(Transfer.of(bytes, bytes.length));
    }

    private static String read(FileTree tree, String path) {
        OpenFile file = open(tree, path, OpenFile.READ_ONLY);
        byte[] bytes = new byte[10_000];
        long count = file.read(Transfer.of(bytes, bytes.length));
        file.release();
        return new String(bytes, 0, (int) count, StandardCharsets.UTF_8);
    }

    @Test
    void hostFilesAreReadOnly() {
        assertThat(read(tree, "/data/here/inner/file")).isEqualTo("shown");
        assertThat(error(tree, "/data/here/inner/file", OpenFile.WRITE_ONLY)).isEqualTo(-Errno.EROFS);
        assertThat(error(tree, "/data/here/new", WRITES)).isEqualTo(-Errno.EROFS);
        assertThat(error(tree, "/data/new", WRITES)).isEqualTo(-Errno.EROFS);
        assertThat(error(tree, "/etc/passwd", WRITES)).isEqualTo(-Errno.EROFS);
        assertThat(tree.remove(tree.root(), "/data/here/inner/file", false)).isEqualTo(-Errno.EROFS);
        assertThat(tree.remove(tree.root(), "/data/here", true)).isEqualTo(-Errno.EROFS);
        assertThat(tree.remove(tree.root(), "/dev/null", false)).isEqualTo(-Errno.EROFS);
        assertThat(tree.rename(tree.root(), "/data", tree.root(), "/tmp/data", false))
                .isEqualTo(-Errno.EROFS);
        assertThat(Files.exists(scratch.resolve("shown/inner/file"))).isTrue();
    }

    @Test
    void nothingLeadsOut() throws Exception {
        Path shown = scratch.resolve("shown");
        Files.createSymbolicLink(shown.resolve("absolute"), scratch.resolve("secret"));
        Files.createSymbolicLink(shown.resolve("relative"), Path.of("../secret"));
        Files.createSymbolicLink(shown.resolve("up"), Path.of("../../../../../../../../../.."));
        Files.createSymbolicLink(shown.resolve("magic"), Path.of("/proc/self/root"));
        for (String path : new String[] {
            "/data/here/absolute",
            "/data/here/relative",
            "/data/here/../../../" + scratch + "/secret",
            "/data/here/up" + scratch + "/secret",
            "/data/here/magic" + scratch + "/secret",
            "/proc/self/root" + scratch + "/secret",
            "/proc/self/cwd/.." + scratch + "/secret",
            "/proc/1/root/etc/shadow",
            "/proc/2/root/etc/shadow",
            "/etc/shadow",
            scratch + "/secret"
        }) {
            assertThat(error(tree, path, OpenFile.READ_ONLY)).as(path).isEqualTo(-Errno.ENOENT);
        }
        Node up = tree.node(tree.root(), "/data/here/up", true);
        assertThat(tree.path(up)).isEqualTo("/");
    }

    @Test
    void whatBecomesALinkIsNotFollowed() throws Exception {
        Path inner = scratch.resolve("shown/inner");
        assertThat(tree.changeDirectory(tree.root(), "/data/here/inner")).isZero();
        Node here = tree.workingDirectory();
        Files.delete(inner.resolve("file"));
        Files.delete(inner);
        Files.createSymbolicLink(inner, scratch);
        assertThat(tree.open(here, "secret", OpenFile.READ_ONLY, 0).error()).isNotZero();
        assertThat(error(tree, "/data/here/inner/secret", OpenFile.READ_ONLY)).isEqualTo(-Errno.ENOENT);
    }

    @Test
    void pipesAndDevicesOfTheHostAreOutOfReach() throws Exception {
        Process made =
                new ProcessBuilder("mkfifo", scratch.resolve("shown/pipe").toString()).start();
        assertThat(made.waitFor()).isZero();
        assertThat(error(tree, "/data/here/pipe", OpenFile.READ_ONLY)).isEqualTo(-Errno.ENXIO);
    }

    @Test
    void aFileOfTheHostThatIsReplacedIsNotMixedUp() throws Exception {
        Path file = scratch.resolve("shown/inner/file");
        OpenFile before = open(tree, "/data/here/inner/file", OpenFile.READ_ONLY);
        Files.delete(file);
        Files.writeString(file, "other content");
        byte[] bytes = new byte[100];
        long count = before.read(Transfer.of(bytes, bytes.length));
        assertThat(new String(bytes, 0, (int) count, StandardCharsets.UTF_8)).isEqualTo("shown");
        assertThat(read(tree, "/data/here/inner/file")).isEqualTo("other content");
    }

    @Test
    void copiesDoNotSeeEachOther() {
        OpenFile file = open(tree, "/tmp/file", WRITES);
        assertThat(write(file, "before")).isEqualTo(6);
        OpenFile nameless = open(tree, "/tmp/gone", WRITES);
        write(nameless, "gone");
        assertThat(tree.remove(tree.root(), "/tmp/gone", false)).isZero();
        Copies copies = new Copies();
        FileTree copy = copies.of(tree, FileTree::copy);
        OpenFile copiedFile = copies.of(file);
        OpenFile copiedNameless = copies.of(nameless);
        FileTree other = tree.copy();

        write(copiedFile, " copy");
        assertThat(tree.make(tree.root(), "/tmp/mine", FileStatus.DIRECTORY, 0755, ""))
                .isZero();
        assertThat(copy.make(copy.root(), "/tmp/copys", FileStatus.DIRECTORY, 0755, ""))
                .isZero();
        write(file, " original");
        assertThat(read(tree, "/tmp/file")).isEqualTo("before original");
        assertThat(read(copy, "/tmp/file")).isEqualTo("before copy");
        assertThat(read(other, "/tmp/file")).isEqualTo("before");
        assertThat(error(copy, "/tmp/mine", OpenFile.READ_ONLY)).isEqualTo(-Errno.ENOENT);
        assertThat(error(tree, "/tmp/copys", OpenFile.READ_ONLY)).isEqualTo(-Errno.ENOENT);
        assertThat(other.remove(other.root(), "/tmp/file", false)).isZero();
        assertThat(read(tree, "/tmp/file")).isEqualTo("before original");
        byte[] bytes = new byte[10];
        assertThat(copiedNameless.readAt(Transfer.of(bytes, 10), 0)).isEqualTo(4);
        nameless.release();
        assertThat(copiedNameless.readAt(Transfer.of(bytes, 10), 0)).isEqualTo(4);
    }

    @Test
    void bytesAreCountedAndLimited() {
        OpenFile file = open(tree, "/tmp/big", WRITES);
        byte[] piece = new byte[64 << 10];
        long total = 0;
        long put = 1;
        while (put > 0) {
            put = file.write(Transfer.of(piece, piece.length));
            total += Math.max(0, put);
        }
        assertThat(put).isEqualTo(-Errno.ENOSPC);
        assertThat(total).isBetween((1L << 20) - (64 << 10), 1L << 20);
        assertThat(file.allocate(0, 0, 2 << 20)).isEqualTo(-Errno.ENOSPC);
        assertThat(file.truncate(1L << 40)).isZero(); // a hole takes nothing
        assertThat(file.truncate(Long.MAX_VALUE)).isEqualTo(-Errno.EFBIG);
        assertThat(file.seek(0, 4)).isGreaterThan(0);
        assertThat(tree.remove(tree.root(), "/tmp/big", false)).isZero();
        assertThat(tree.space().bytes()).isEqualTo(total);
        file.release();
        assertThat(tree.space().bytes()).isLessThan(64 << 10);
    }

    @Test
    void inodesAreLimitedAndReused() {
        int made = 0;
        while (tree.make(tree.root(), "/tmp/" + made, FileStatus.REGULAR, 0600, "") == 0) {
            made++;
        }
        assertThat(made).isBetween(500, 1000);
        assertThat(tree.make(tree.root(), "/tmp/more", FileStatus.LINK, 0777, "x"))
                .isEqualTo(-Errno.ENOSPC);
        for (int i = 0; i < 10; i++) {
            assertThat(tree.remove(tree.root(), "/tmp/" + i, false)).isZero();
            assertThat(tree.make(tree.root(), "/tmp/again" + i, FileStatus.REGULAR, 0600, ""))
                    .isZero();
        }
    }

    @Test
    void mountsCannotBeNestedOrMoved() throws Exception {
        assertThatThrownBy(() -> view.addDirectory(scratch, "/data/here/inner"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("/data/here");
        view.addDirectory(scratch.resolve("shown/inner"), "/data/here/inner"); // is there already
        assertThatThrownBy(() -> view.addDirectory(scratch, "relative")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> view.addDirectory(scratch, "/")).isInstanceOf(IllegalArgumentException.class);
        view.addDirectory(scratch, "/tmp/deep/mount");
        FileTree deep = view.tree(1 << 20, 1000);
        assertThat(read(deep, "/tmp/deep/mount/secret")).isEqualTo("secret");
        assertThat(deep.rename(deep.root(), "/tmp/deep", deep.root(), "/tmp/shallow", false))
                .isEqualTo(-Errno.EBUSY);
        assertThat(deep.path(deep.node(deep.root(), "/tmp/deep/mount/..", true)))
                .isEqualTo("/tmp/deep");
    }

    @Test
    void systemFilesAreThere() {
        for (String path : new String[] {
            "/etc/passwd",
            "/etc/group",
            "/etc/hosts",
            "/etc/nsswitch.conf",
            "/proc/cpuinfo",
            "/proc/sys/kernel/osrelease",
            "/sys/devices/system/cpu/online",
            "/proc/self/status",
            "/proc/mounts",
            "/etc/mtab"
        }) {
            assertThat(error(tree, path, OpenFile.READ_ONLY)).as(path).isZero();
        }
        assertThat(read(tree, "/proc/sys/kernel/ostype")).isEqualTo("Linux\n");
        byte[] bytes = new byte[100];
        Arrays.fill(bytes, (byte) 1);
        assertThat(open(tree, "/dev/zero", OpenFile.READ_ONLY).read(Transfer.of(bytes, 100)))
                .isEqualTo(100);
        assertThat(bytes).containsOnly(0);
    }
}
