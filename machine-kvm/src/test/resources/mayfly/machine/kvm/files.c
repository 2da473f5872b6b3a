/* Calls on files, in the directory that is named, and what each gave: to be the same on the host and in a machine. */
#define _GNU_SOURCE
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

static long r;
#define SAY(call) (r = (long)(call), printf("%s = %ld %d\n", #call, r < 0 ? -1L : r, r < 0 ? errno : 0), r)

static void seeking(void) {
    int fd = open("s", O_RDWR | O_CREAT | O_TRUNC, 0640);
    struct stat s;
    SAY(write(fd, "0123456789", 10));
    SAY(lseek(fd, -3, SEEK_END));
    SAY(lseek(fd, -30, SEEK_CUR));
    SAY(lseek(fd, 1L << 62, SEEK_SET));
    SAY(lseek(fd, 1L << 62, SEEK_CUR));
    SAY(lseek(fd, 3, 99));
    SAY(ftruncate(fd, 1 << 20));
    SAY(pwrite(fd, "x", 1, 500000));
    SAY(fstat(fd, &s));
    printf("%o %ld %ld\n", s.st_mode, (long)s.st_size, (long)s.st_blocks);
    SAY(lseek(fd, 0, SEEK_HOLE));
    SAY(lseek(fd, 4096, SEEK_DATA));
    SAY(lseek(fd, 600000, SEEK_DATA));
    SAY(lseek(fd, 600000, SEEK_HOLE));
    SAY(lseek(fd, 2 << 20, SEEK_HOLE));
    SAY(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 5));
    char text[11] = "";
    SAY(pread(fd, text, 10, 0));
    printf("%d %s\n", text[4], text + 5);
    SAY(fallocate(fd, 0, 0, 2 << 20));
    SAY(fallocate(fd, FALLOC_FL_KEEP_SIZE, 3 << 20, 4096));
    SAY(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 4096));
    SAY(fallocate(fd, 0, -1, 4096));
    SAY(fallocate(fd, 0, 0, 0));
    SAY(lseek(fd, 0, SEEK_END));
    SAY(ftruncate(fd, 7));
    SAY(ftruncate(fd, 4096));
    SAY(pread(fd, text, 10, 0));
    printf("%d %d\n", text[6], text[7]);
    SAY(ftruncate(fd, -1));
    SAY(ftruncate(99, 1));
    close(fd);
    fd = open("s", O_RDONLY);
    SAY(ftruncate(fd, 1));
    SAY(write(fd, "x", 1));
    SAY(fallocate(fd, 0, 0, 1));
    close(fd);
    fd = open("s", O_WRONLY | O_APPEND);
    SAY(lseek(fd, 3, SEEK_SET));
    SAY(write(fd, "end", 3));
    SAY(lseek(fd, 0, SEEK_CUR));
    SAY(pwrite(fd, "y", 1, 2));
    SAY(read(fd, text, 1));
    close(fd);
}

static void vectors(void) {
    int fd = open("v", O_RDWR | O_CREAT, 0600);
    char a[4] = "", b[8] = "";
    struct iovec out[3] = {{"abc", 3}, {"", 0}, {"defgh", 5}}, in[2] = {{a, 3}, {b, 7}}, bad[1] = {{(void *)8, 4}};
    SAY(writev(fd, out, 3));
    SAY(preadv(fd, in, 2, 0));
    printf("%s %s\n", a, b);
    SAY(preadv(fd, in, 2, 6));
    SAY(writev(fd, out, 0));
    SAY(writev(fd, bad, 1));
    SAY(writev(fd, out, 2000));
    SAY(lseek(fd, 0, SEEK_SET));
    SAY(readv(fd, bad, 1));
    close(fd);
}

static void descriptors(void) {
    int fd = open("d", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    SAY(fcntl(fd, F_GETFD));
    SAY(fcntl(fd, F_GETFL) & ~O_ACCMODE & ~0100000);
    int copy = SAY(fcntl(fd, F_DUPFD, 100));
    SAY(fcntl(copy, F_GETFD));
    SAY(write(copy, "abc", 3));
    SAY(lseek(fd, 0, SEEK_CUR));
    SAY(dup2(fd, 200));
    SAY(dup2(fd, fd) == fd);
    SAY(dup3(fd, fd, 0));
    SAY(dup3(fd, 201, O_CLOEXEC));
    SAY(dup3(fd, 201, 1));
    SAY(fcntl(201, F_GETFD));
    SAY(dup2(fd, 1 << 20));
    SAY(dup2(99, 5));
    SAY(fcntl(fd, F_DUPFD, 1 << 20));
    SAY(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
    SAY(fcntl(copy, F_GETFL) & ~0100000);
    struct flock lock = {.l_type = F_WRLCK};
    SAY(fcntl(fd, F_SETLK, &lock));
    SAY(fcntl(fd, F_GETLK, &lock));
    SAY(lock.l_type);
    int left;
    lseek(fd, 1, SEEK_SET);
    SAY(ioctl(fd, FIONREAD, &left));
    SAY(left);
    struct winsize w;
    SAY(ioctl(fd, TIOCGWINSZ, &w));
    SAY(isatty(fd));
    SAY(syscall(SYS_close_range, 200, 300, 0));
    SAY(fcntl(200, F_GETFD));
    SAY(syscall(SYS_close_range, 5, 4, 0));
    SAY(close(fd));
    SAY(close(fd));
    SAY(write(copy, "d", 1));
    close(copy);
}

static void copying(void) {
    int in = open("in", O_RDWR | O_CREAT, 0600), out = open("out", O_RDWR | O_CREAT, 0600);
    static char text[300000], back[300000];
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)(i * 7 / 5);
    }
    SAY(write(in, text, sizeof text));
    off_t from = 1000;
    SAY(sendfile(out, in, &from, 200000));
    SAY(from);
    SAY(lseek(in, 0, SEEK_CUR));
    SAY(sendfile(out, in, NULL, 100));
    SAY(lseek(in, 299990, SEEK_SET));
    SAY(sendfile(out, in, NULL, 100));
    SAY(lseek(in, 0, SEEK_CUR));
    SAY(pread(out, back, 200010, 0));
    SAY(memcmp(back, text + 1000, 200000) | memcmp(back + 200000, text + 299990, 10));
    loff_t a = 5, b = 7;
    SAY(copy_file_range(in, &a, out, &b, 1000, 0));
    SAY(a);
    SAY(b);
    SAY(pread(out, back, 1000, 7));
    SAY(memcmp(back, text + 5, 1000));
    SAY(copy_file_range(in, NULL, out, NULL, 10, 1));
    SAY(sendfile(out, 99, NULL, 1));
    close(in);
    close(out);
}

static void names(void) {
    struct stat s;
    int fd = open("n", O_RDWR | O_CREAT | O_EXCL, 0666);
    SAY(fd >= 0);
    SAY(open("n", O_RDWR | O_CREAT | O_EXCL, 0666));
    SAY(link("n", "n2"));
    SAY(fstat(fd, &s) == 0 ? s.st_nlink : 0);
    SAY(unlink("n"));
    SAY(unlink("n2"));
    SAY(write(fd, "still", 5));
    SAY(fstat(fd, &s) == 0 ? s.st_nlink : 99);
    SAY(s.st_size);
    close(fd);
    fd = open(".", O_TMPFILE | O_RDWR, 0600);
    SAY(fd >= 0);
    SAY(write(fd, "nameless", 8));
    char path[64];
    sprintf(path, "/proc/self/fd/%d", fd);
    SAY(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
    SAY(stat("named", &s) == 0 ? s.st_size : -1);
    int again = open(path, O_RDONLY);
    SAY(again >= 0);
    SAY(read(again, path, 64));
    close(again);
    close(fd);
    int dir = open(".", O_RDONLY | O_DIRECTORY);
    SAY(mkdirat(dir, "sub", 0755));
    SAY(symlinkat("../named", dir, "sub/link"));
    SAY(fstatat(dir, "sub/link", &s, 0));
    SAY(fstatat(dir, "sub/link", &s, AT_SYMLINK_NOFOLLOW) == 0 ? (long)s.st_size : -1);
    SAY(readlinkat(dir, "sub/link", path, 3));
    SAY(unlinkat(dir, "sub", AT_REMOVEDIR));
    SAY(unlinkat(dir, "sub", 0));
    SAY(renameat(dir, "sub", dir, "sub/inside"));
    SAY(renameat(dir, "sub", dir, "moved"));
    SAY(syscall(SYS_renameat2, dir, "moved", dir, "named", 1));
    SAY(fchdir(dir));
    SAY(chdir("moved"));
    SAY(rmdir("../moved"));
    SAY(unlink("link"));
    SAY(rmdir("../moved"));
    SAY(open("x", O_CREAT | O_RDWR, 0600));
    SAY(getcwd(path, 64) == NULL ? -1 : 0);
    SAY(fchdir(dir));
    SAY(fchmodat(dir, "named", 0444, 0));
    SAY(stat("named", &s) == 0 ? s.st_mode : 0);
    SAY(chmod("named", 0));
    SAY(open("named", O_RDONLY));
    SAY(access("named", F_OK));
    SAY(access("named", R_OK));
    SAY(chmod("nothing", 0));
    struct timespec times[2] = {{1000, 5}, {0, UTIME_OMIT}};
    SAY(utimensat(dir, "named", times, 0));
    SAY(stat("named", &s) == 0 ? s.st_atim.tv_sec : 0);
    times[0].tv_nsec = 2000000000;
    SAY(utimensat(dir, "named", times, 0));
    SAY(chmod("named", 0600));
    SAY(getxattr("named", "user.x", path, 8));
    SAY(listxattr("nothing", path, 8));
    SAY(chown("named", -1, -1));
    SAY(mkfifo("fifo", 0600) < 0 ? 0 : unlink("fifo"));
    close(dir);
}

static void directories(void) {
    char name[32], buffer[200];
    mkdir("many", 0755);
    for (int i = 0; i < 300; i++) {
        sprintf(name, "many/%d", i);
        close(open(name, O_CREAT | O_WRONLY, 0600));
    }
    DIR *d = opendir("many");
    int count = 0, dots = 0, files = 0;
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        count++;
        dots += e->d_name[0] == '.';
        files += e->d_type == DT_REG;
        sprintf(name, "many/%s", e->d_name);
        unlink(name);
    }
    SAY(count);
    SAY(dots);
    SAY(files);
    rewinddir(d);
    for (count = 0; readdir(d) != NULL; count++) {
    }
    SAY(count);
    closedir(d);
    SAY(rmdir("many"));
    int fd = open(".", O_RDONLY);
    SAY(syscall(SYS_getdents64, fd, buffer, 10));
    SAY(read(fd, buffer, 10));
    SAY(write(fd, buffer, 10));
    SAY(ftruncate(fd, 0));
    close(fd);
    fd = open("named", O_PATH);
    SAY(read(fd, buffer, 1));
    SAY(syscall(SYS_getdents64, fd, buffer, 100));
    struct stat s;
    SAY(fstat(fd, &s));
    SAY(fchdir(fd));
    close(fd);
}

static void memory(void) {
    int fd = memfd_create("m", 0);
    struct stat s;
    SAY(fd >= 0);
    SAY(ftruncate(fd, 10000));
    SAY(pwrite(fd, "mapped", 6, 5000));
    char *p = mmap(NULL, 10000, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    SAY(p == MAP_FAILED);
    printf("%s\n", p + 5000);
    p[5000] = 'M';
    SAY(pread(fd, p, 3, 5000));
    printf("%.3s %s\n", p, p + 5000);
    SAY(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 100) == MAP_FAILED);
    SAY(fstat(fd, &s) == 0 ? s.st_mode : 0);
    close(fd);
    SAY(munmap(p, 10000));
    int dir = open(".", O_RDONLY);
    SAY(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, dir, 0) == MAP_FAILED);
    SAY(errno);
    close(dir);
    int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDONLY), full = open("/dev/full", O_WRONLY);
    char text[8] = "1234567";
    SAY(read(null, text, 8));
    SAY(write(null, text, 8));
    SAY(read(zero, text, 3));
    printf("%d%d%d%c\n", text[0], text[1], text[2], text[3]);
    SAY(write(full, text, 1));
    SAY(fstat(null, &s) == 0 ? (long)s.st_rdev : 0);
    SAY(open("/dev/urandom", O_RDONLY) >= 0);
}

static volatile int caught;

static void catch(int signal) { caught = signal; }

static void sockets(void) {
    int s[2], value = 0;
    char text[10] = "";
    socklen_t size = sizeof value;
    SAY(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, s));
    SAY(fcntl(s[0], F_GETFD));
    SAY(recv(s[0], text, 5, 0));
    SAY(send(s[1], "hello", 5, 0));
    SAY(ioctl(s[0], FIONREAD, &value));
    SAY(value);
    SAY(recv(s[0], text, 9, 0));
    printf("%s\n", text);
    struct iovec v[2] = {{"ab", 2}, {"cde", 3}};
    struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
    SAY(sendmsg(s[0], &m, 0));
    struct iovec w = {text, 4};
    m.msg_iov = &w;
    m.msg_iovlen = 1;
    SAY(recvmsg(s[1], &m, 0));
    printf("%.4s %d\n", text, m.msg_flags);
    SAY(getsockopt(s[0], SOL_SOCKET, SO_TYPE, &value, &size));
    SAY(value);
    SAY(getsockopt(s[0], SOL_SOCKET, SO_ERROR, &value, &size));
    SAY(value);
    SAY(getsockopt(1, SOL_SOCKET, SO_ERROR, &value, &size) == 0);
    struct pollfd p = {s[1], POLLIN | POLLOUT, 0};
    SAY(poll(&p, 1, 0));
    SAY(p.revents);
    SAY(shutdown(s[0], SHUT_WR));
    SAY(write(s[1], "x", 1));
    SAY(read(s[1], text, 9));
    SAY(read(s[1], text, 9));
    SAY(send(s[0], "x", 1, MSG_NOSIGNAL));
    signal(SIGPIPE, catch);
    SAY(write(s[0], "x", 1));
    SAY(caught);
    SAY(shutdown(s[1], 7));
    SAY(read(s[0], text, 9));
    close(s[0]);
    SAY(poll(&p, 1, 0));
    SAY(p.revents);
    SAY(read(s[1], text, 9));
    close(s[1]);
    SAY(shutdown(s[1], SHUT_RD));
    SAY(pipe(s));
    close(s[0]);
    caught = 0;
    SAY(write(s[1], "x", 1));
    SAY(caught);
    close(s[1]);
}

int main(int argc, char **argv) {
    if (argc < 2 || chdir(argv[1]) != 0) {
        return 2;
    }
    umask(022);
    seeking();
    vectors();
    descriptors();
    copying();
    names();
    directories();
    memory();
    sockets();
    return 0;
}
