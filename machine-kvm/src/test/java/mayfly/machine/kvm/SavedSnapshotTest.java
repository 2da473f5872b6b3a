package mayfly.machine.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import mayfly.linux.Kvm;
import mayfly.linux.ThreadSignal;
import mayfly.machine.kvm.cpu.ProcessorKind;
import mayfly.machine.kvm.files.Channel;
import mayfly.machine.kvm.files.Descriptors;
import mayfly.machine.kvm.files.HostView;
import mayfly.machine.kvm.files.Output;
import mayfly.machine.kvm.net.Network;
import mayfly.machine.kvm.program.SavedProgram;
import mayfly.machine.kvm.program.Stop;
import mayfly.machine.kvm.program.Wait;
import mayfly.machine.kvm.saved.DamagedException;
import mayfly.machine.kvm.saved.UnsavableException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A snapshot that was saved to a file and loaded is the snapshot that was saved. */
class SavedSnapshotTest {
    /** Has one of everything open, and tells of all of it, two times over. */
    static final String HOLDER = """
            #define _GNU_SOURCE
            #include <dirent.h>
            #include <fcntl.h>
            #include <netinet/in.h>
            #include <netinet/tcp.h>
            #include <pthread.h>
            #include <signal.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/epoll.h>
            #include <sys/eventfd.h>
            #include <sys/mman.h>
            #include <sys/socket.h>
            #include <sys/stat.h>
            #include <sys/syscall.h>
            #include <sys/time.h>
            #include <sys/timerfd.h>
            #include <sys/un.h>
            #include <time.h>
            #include <unistd.h>
            static int handled, word, woken, tcp, named, taken;
            static struct sockaddr_in port = {.sin_family = AF_INET};
            static struct sockaddr_un file = {.sun_family = AF_UNIX, .sun_path = "/tmp/socket"};
            static int option(int fd, int level, int name) {
                int value = -1;
                socklen_t size = sizeof value;
                getsockopt(fd, level, name, &value, &size);
                return value;
            }
            /* two listeners, bound in another order than made, and what is left of a connection to one of them */
            static void listeners(void) {
                int one = 1;
                tcp = socket(AF_INET, SOCK_STREAM, 0);
                named = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
                bind(named, (struct sockaddr *) &file, sizeof file);
                listen(named, 5);
                port.sin_port = htons(8000);
                setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
                bind(tcp, (struct sockaddr *) &port, sizeof port);
                listen(tcp, 7);
                int client = socket(AF_INET, SOCK_STREAM, 0);
                connect(client, (struct sockaddr *) &port, sizeof port);
                taken = accept(tcp, 0, 0);
                setsockopt(taken, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                setsockopt(3, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
                write(client, "sent", 4);
                close(client);
                socket(AF_INET6, SOCK_STREAM, 0);
            }
            static int tell(char *out, int room) {
                char rest[8] = {0}, said[8] = {0};
                struct sockaddr_in own, other, next;
                socklen_t size = sizeof own, more = sizeof other, most = sizeof next;
                struct stat st;
                read(taken, rest, 7);
                getsockname(taken, (struct sockaddr *) &own, &size);
                getpeername(taken, (struct sockaddr *) &other, &more);
                int client = socket(AF_UNIX, SOCK_STREAM, 0), another = socket(AF_INET, SOCK_STREAM, 0);
                connect(client, (struct sockaddr *) &file, sizeof file);
                int served = accept(named, 0, 0);
                write(client, "hello", 5);
                read(served, said, 7);
                connect(another, (struct sockaddr *) &port, sizeof port);
                int second = accept(tcp, 0, 0);
                getsockname(another, (struct sockaddr *) &next, &most);
                fstat(another, &st);
                close(second); close(another); close(served); close(client);
                return snprintf(out, room, " rest=%s own=%d other=%d options=%d%d%d%d said=%s next=%d number=%d", rest,
                    ntohs(own.sin_port), ntohs(other.sin_port), option(tcp, SOL_SOCKET, SO_REUSEADDR),
                    option(taken, IPPROTO_TCP, TCP_NODELAY), option(3, SOL_SOCKET, SO_KEEPALIVE),
                    option(named, SOL_SOCKET, SO_KEEPALIVE), said, ntohs(next.sin_port), (int) st.st_ino);
            }
            static void hit(int s) { handled++; }
            static void *waiter(void *arg) {
                for (;;) { syscall(SYS_futex, &word, 128, 0, 0, 0, 0); woken++; }
            }
            static void *sleeper(void *arg) { for (;;) sleep(100000); }
            static void *poller(void *arg) {
                struct epoll_event e;
                for (;;) epoll_wait(*(int *) arg, &e, 1, -1);
            }
            int main(void) {
                char in[64], out[1024];
                volatile double x = 1.5;
                int pipe_[2], pair[2], n = 0;
                pipe2(pipe_, O_NONBLOCK);
                write(pipe_[1], "in the pipe", 11);
                socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
                listeners();
                write(pair[0], "in the socket", 13);
                int ev = eventfd(7, EFD_NONBLOCK), ep = epoll_create1(0), quiet = epoll_create1(0);
                struct epoll_event e = {.events = EPOLLIN, .data.u64 = 99};
                epoll_ctl(ep, EPOLL_CTL_ADD, ev, &e);
                int tm = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
                struct itimerspec ts = {.it_value = {5000, 0}};
                timerfd_settime(tm, 0, &ts, 0);
                struct itimerval it = {.it_value = {9000, 0}};
                setitimer(ITIMER_REAL, &it, 0);
                mkdir("/tmp/dir", 0700);
                int f = open("/tmp/dir/file", O_RDWR | O_CREAT, 0644), same = dup(f);
                write(f, "0123456789", 10);
                ftruncate(f, 20000);
                int gone = open("/tmp/gone", O_RDWR | O_CREAT, 0644);
                write(gone, "still here", 10);
                unlink("/tmp/gone");
                char *map = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, f, 0);
                symlink("dir/file", "/tmp/link");
                chdir("/tmp/dir");
                umask(027);
                int host = open("/data/text", O_RDONLY), nothing = open("/dev/null", O_RDWR);
                lseek(host, 4, SEEK_SET);
                char *shown = mmap(0, 4096, PROT_READ, MAP_PRIVATE, host, 0);
                int maps = open("/proc/self/maps", O_RDONLY), path = open("/data", O_PATH);
                DIR *d = opendir("/data");
                readdir(d);
                signal(SIGUSR1, hit);
                sigset_t set;
                sigemptyset(&set);
                sigaddset(&set, SIGUSR1);
                pthread_sigmask(SIG_BLOCK, &set, 0);
                raise(SIGUSR1);
                pthread_t t;
                pthread_create(&t, 0, waiter, 0);
                pthread_create(&t, 0, sleeper, 0);
                pthread_create(&t, 0, poller, &quiet);
                struct timespec begun;
                clock_gettime(CLOCK_MONOTONIC, &begun);
                for (;;) {
                    ssize_t got = read(3, in, sizeof in - 1);
                    if (got <= 0) return 0;
                    struct timespec now;
                    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
                    if (now.tv_sec < begun.tv_sec || now.tv_sec > begun.tv_sec + 1000) return 8;
                    clock_gettime(CLOCK_MONOTONIC, &now);
                    if (now.tv_sec < begun.tv_sec || now.tv_sec > begun.tv_sec + 1000) return 9;
                    char a[32] = {0}, b[32] = {0}, c[32] = {0}, h[32] = {0}, cwd[64] = {0}, g[32] = {0}, l[32] = {0};
                    read(pipe_[0], a, 31);
                    read(pair[1], b, 31);
                    long count = 0;
                    int events = epoll_wait(ep, &e, 1, 0);
                    read(ev, &count, 8);
                    timerfd_gettime(tm, &ts);
                    getitimer(ITIMER_REAL, &it);
                    int at = lseek(same, 0, SEEK_CUR);
                    pread(f, c, 10, 0);
                    pwrite(f, "X", 1, 3);
                    read(host, h, 31);
                    pread(gone, g, 31, 0);
                    readlink("/tmp/link", l, 31);
                    getcwd(cwd, 64);
                    mode_t mask = umask(0);
                    umask(mask);
                    struct stat st;
                    fstat(path, &st);
                    char first[200] = {0};
                    int text = read(maps, first, 199);
                    struct dirent *entry = readdir(d);
                    pthread_sigmask(SIG_UNBLOCK, &set, 0);
                    int before = woken, waited = syscall(SYS_futex, &word, 129, 1, 0, 0, 0);
                    x *= 2;
                    int len = snprintf(out, sizeof out,
                        "n=%d x=%.1f pipe=%s socket=%s event=%ld/%d timer=%d alarm=%d at=%d file=%s map=%.4s host=%s shown=%.4s "
                        "gone=%s link=%s cwd=%s mask=%o dir=%d maps=%d entry=%s handled=%d woken=%d/%d null=%d",
                        ++n, x, a, b, count, events, ts.it_value.tv_sec > 4000, it.it_value.tv_sec > 8000, at, c, map, h,
                        shown, g, l, cwd, mask, S_ISDIR(st.st_mode), text > 100, entry ? entry->d_name : "-", handled,
                        before, waited, (int) write(nothing, "x", 1));
                    write(3, out, len + tell(out + len, sizeof out - len));
                }
            }
            """;

    /** What a test works with. */
    record Bench(Kvm kvm, ThreadSignal signal, Path directory, Path program) {
        Path data() {
            return directory.resolve("data");
        }

        HostView view() throws Exception {
            HostView view = new HostView();
            view.addDirectory(data(), "/data");
            view.addDirectory(program.getParent(), "/app");
            view.record();
            return view;
        }

        Snapshot freeze(HostView view) throws Exception {
            Descriptors descriptors = new Descriptors();
            descriptors.set(3, new Channel((_, _) -> {}), false);
            VirtualMachine template = VirtualMachine.boot(
                    kvm,
                    64 << 20,
                    view.tree(16 << 20, 1000),
                    "/app/" + program.getFileName(),
                    List.of("holder"),
                    List.of("A=B"),
                    descriptors);
            template.program().setNetwork(Network.loopback());
            assertThat(template.run(signal, Wait.FOREVER)).isInstanceOf(Stop.Idle.class);
            Snapshot snapshot = template.freeze();
            view.stopRecording();
            return snapshot;
        }
    }

    @FunctionalInterface
    interface Work {
        void run(Bench bench) throws Exception;
    }

    static void on(Path directory, String source, Work work) throws Exception {
        Bed.needsKvm();
        Path data = Files.createDirectory(directory.resolve("data"));
        Files.writeString(data.resolve("text"), "text of the host");
        Path code = Files.createDirectory(directory.resolve("code"));
        Path program = Bed.compile(code, "holder", source, "-pthread");
        Bed.on((kvm, signal) -> {
            work.run(new Bench(kvm, signal, directory, program));
            return null;
        });
    }

    @Test
    void whatWasSavedIsWhatIsLoaded(@TempDir Path dir) throws Exception {
        on(dir, HOLDER, bench -> {
            Path file = dir.resolve("saved");
            ProcessorKind kind = ProcessorKind.of(bench.kvm());
            try (HostView view = bench.view();
                    HostView again = bench.view();
                    Snapshot snapshot = bench.freeze(view)) {
                snapshot.save(bench.kvm(), file, view, "key");
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .isEqualTo("rw-------");
                assertThat(dir.toFile().list()).containsExactlyInAnyOrder("saved", "data", "code");
                try (Snapshot loaded = Snapshot.load(bench.kvm(), file, again, "key");
                        VirtualMachine original = snapshot.fork(bench.kvm());
                        VirtualMachine fork = loaded.fork(bench.kvm())) {
                    SameState.of(original.program(), fork.program());
                    assertThat(Arrays.mismatch(
                                    SavedProgram.save(loaded.program(), kind, again),
                                    SavedProgram.save(snapshot.program(), kind, view)))
                            .isEqualTo(-1);
                    assertThat(loaded.view().mismatch(snapshot.view(), 0, snapshot.usedBytes()))
                            .isEqualTo(-1);
                    String first = ask(original, bench.signal());
                    assertThat(first)
                            .isEqualTo(
                                    "n=1 x=3.0 pipe=in the pipe socket=in the socket event=7/1 timer=1 alarm=1 at=10 file=0123456789 "
                                            + "map=0123 host= of the host shown=text gone=still here link=dir/file cwd=/tmp/dir "
                                            + "mask=27 dir=1 maps=1 entry=.. handled=1 woken=0/1 null=1 "
                                            + "rest=sent own=8000 other=32768 options=1110 said=hello next=32769 number=7");
                    assertThat(fork.program().network().listeners().toString())
                            .isEqualTo("[unix:/tmp/socket, ipv4:8000]");
                    String second = ask(original, bench.signal());
                    for (int i = 0; i < 1000; i++) {
                        assertThat(ask(fork, bench.signal())).isEqualTo(first);
                        if (i % 100 == 0) {
                            assertThat(ask(fork, bench.signal())).isEqualTo(second);
                        }
                        assertThat(fork.reset()).isPositive();
                        if (i % 50 == 0 || i == 999) {
                            assertThat(fork.differences()).isZero();
                        }
                    }
                }
            }
        });
    }

    @Test
    void whatIsNotTheSameIsRefused(@TempDir Path dir) throws Exception {
        on(dir, HOLDER, bench -> {
            Path file = dir.resolve("saved");
            FileTime time = Files.getLastModifiedTime(bench.data());
            try (HostView view = bench.view();
                    HostView other = new HostView();
                    Snapshot snapshot = bench.freeze(view)) {
                snapshot.save(bench.kvm(), file, view, "key");
                assertThatThrownBy(() -> Snapshot.load(bench.kvm(), file, view, "another key"))
                        .isInstanceOf(DamagedException.class)
                        .hasMessageContaining("another key");
                other.addDirectory(bench.data(), "/data");
                assertThatThrownBy(() -> Snapshot.load(bench.kvm(), file, other, "key"))
                        .isInstanceOf(DamagedException.class)
                        .hasMessageContaining("do not see /app");
                Files.writeString(bench.data().resolve("more"), "a directory that was listed has another entry");
                assertThatThrownBy(() -> Snapshot.load(bench.kvm(), file, view, "key"))
                        .isInstanceOf(DamagedException.class)
                        .hasMessageContaining("/data/. is not the file that it was");
                Files.delete(bench.data().resolve("more"));
                Files.setLastModifiedTime(bench.data(), time);
                Snapshot.load(bench.kvm(), file, view, "key").close();
                FileTime before = Files.getLastModifiedTime(bench.data().resolve("text"));
                Files.writeString(bench.data().resolve("text"), "text of the HOST");
                Files.setLastModifiedTime(bench.data().resolve("text"), FileTime.fromMillis(before.toMillis() + 1000));
                assertThatThrownBy(() -> Snapshot.load(bench.kvm(), file, view, "key"))
                        .isInstanceOf(DamagedException.class)
                        .hasMessageContaining("/data/text is not the file that it was");
            }
        });
    }

    @Test
    void whatCannotBeSavedIsNamed(@TempDir Path dir) throws Exception {
        on(dir, "#include <unistd.h>\nint main(void) { char c; return read(3, &c, 1); }", bench -> {
            Descriptors descriptors = new Descriptors();
            descriptors.set(1, new Output(_ -> {}), false);
            descriptors.set(3, new Channel((_, _) -> {}), false);
            try (HostView view = bench.view()) {
                VirtualMachine template = VirtualMachine.boot(
                        bench.kvm(),
                        8 << 20,
                        view.tree(1 << 20, 1000),
                        "/app/holder",
                        List.of("holder"),
                        List.of(),
                        descriptors);
                template.run(bench.signal(), Wait.FOREVER);
                try (Snapshot snapshot = template.freeze()) {
                    assertThatThrownBy(() -> snapshot.save(bench.kvm(), dir.resolve("saved"), view, ""))
                            .isInstanceOf(UnsavableException.class)
                            .hasMessageContaining("Output");
                    assertThat(dir.resolve("saved")).doesNotExist();
                }
            }
        });
    }

    static String ask(VirtualMachine machine, ThreadSignal signal) throws Exception {
        Channel channel = (Channel) machine.program().descriptors().get(3);
        assertThat(channel).isNotNull();
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        channel.setReceiver((bytes, count) -> answer.write(bytes, 0, count));
        channel.give(new byte[] {'1'});
        Stop stop = machine.run(signal, System.nanoTime() + 10_000_000_000L);
        assertThat(stop).isInstanceOf(Stop.Idle.class);
        return answer.toString(StandardCharsets.UTF_8);
    }
}
