/* A server that does to its sockets what no program should. Each connection names one attack and gets "held", or what broke. */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

static char said[4096];
static int listener, client, early[2];
#define KERNEL ((void *)0xffff888000000000)

static void broke(int line, const char *what) {
    if (!said[0]) snprintf(said, sizeof said, "line %d: %s (errno %d %s)", line, what, errno, strerror(errno));
}
#define MUST(x) do { errno = 0; if (!(x)) broke(__LINE__, #x); } while (0)
#define FAILS(x, e) do { errno = 0; long r_ = (x); if (r_ != -1 || errno != (e)) broke(__LINE__, #x); } while (0)

static struct sockaddr_in four(const char *ip, int port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, ip, &a.sin_addr);
    return a;
}
static int to(const char *ip, int port) {
    int s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = four(ip, port);
    int r = connect(s, (void *)&a, sizeof a), e = errno;
    close(s);
    errno = e;
    return r;
}
static int to6(const char *ip, int port) {
    int s = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    inet_pton(AF_INET6, ip, &a.sin6_addr);
    int r = connect(s, (void *)&a, sizeof a), e = errno;
    close(s);
    errno = e;
    return r;
}

static void second(long x) {
    fcntl(listener, F_SETFL, O_NONBLOCK);
    FAILS(accept(listener, 0, 0), EAGAIN);
    struct pollfd p = {listener, POLLIN};
    MUST(poll(&p, 1, 50) == 0);
    int e = epoll_create1(0);
    struct epoll_event v = {.events = EPOLLIN | EPOLLET};
    MUST(epoll_ctl(e, EPOLL_CTL_ADD, listener, &v) == 0);
    MUST(epoll_wait(e, &v, 1, 50) == 0);
    int other = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(other, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    struct sockaddr_in a = four("0.0.0.0", 8001);
    MUST(bind(other, (void *)&a, sizeof a) == 0 && listen(other, 5) == 0);
    fcntl(other, F_SETFL, O_NONBLOCK);
    FAILS(accept(other, 0, 0), EAGAIN);
}

static void reach(long port) {
    FAILS(to("127.0.0.1", port), ECONNREFUSED);
    FAILS(to("127.9.9.9", port), ECONNREFUSED);
    FAILS(to("0.0.0.0", port), ECONNREFUSED);
    FAILS(to6("::1", port), ECONNREFUSED);
    FAILS(to6("::", port), ECONNREFUSED);
    FAILS(to6("::ffff:127.0.0.1", port), ECONNREFUSED);
    FAILS(to("169.254.169.254", 80), ENETUNREACH);
    FAILS(to6("::ffff:169.254.169.254", 80), ENETUNREACH);
    FAILS(to6("::ffff:a9fe:a9fe", 80), ENETUNREACH);
    FAILS(to6("64:ff9b::a9fe:a9fe", 80), ENETUNREACH);
    FAILS(to6("fe80::1", port), ENETUNREACH);
    FAILS(to6("fd00:ec2::254", 80), ENETUNREACH);
    FAILS(to("255.255.255.255", port), ENETUNREACH);
    FAILS(to("224.0.0.1", port), ENETUNREACH);
    int kinds[][3] = {{AF_INET, SOCK_RAW, 1}, {AF_INET6, SOCK_RAW, 58}, {AF_INET, SOCK_DGRAM, 1}, 
                      {AF_UNIX, SOCK_SEQPACKET, 0}, {AF_NETLINK, SOCK_RAW, 0}, {AF_PACKET, SOCK_RAW, 768}, {AF_VSOCK, SOCK_STREAM, 0},
                      {AF_ALG, SOCK_SEQPACKET, 0}, {AF_INET, SOCK_STREAM, 262}, {AF_KEY, SOCK_RAW, 2}, {AF_BLUETOOTH, SOCK_RAW, 1}};
    for (int i = 0; i < (int)(sizeof kinds / sizeof *kinds); i++)
        MUST(socket(kinds[i][0], kinds[i][1], kinds[i][2]) < 0);
    const char *places[] = {"127.0.0.1", "169.254.169.254", "8.8.8.8", "255.255.255.255", "224.0.0.1", "0.0.0.0"};
    for (int i = 0; i < 6; i++) { /* datagrams reach nobody */
        int s = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
        struct sockaddr_in a = four(places[i], 53);
        setsockopt(s, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
        MUST(sendto(s, "x", 1, MSG_NOSIGNAL, (void *)&a, sizeof a) < 0);
        MUST(connect(s, (void *)&a, sizeof a) < 0 || send(s, "x", 1, MSG_NOSIGNAL) < 0);
        char got[10];
        MUST(recv(s, got, sizeof got, MSG_DONTWAIT) < 0);
        close(s);
    }
    struct sockaddr_un journal = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"};
    int s = socket(AF_UNIX, SOCK_DGRAM, 0);
    MUST(s < 0 || sendto(s, "x", 1, MSG_NOSIGNAL, (void *)&journal, sizeof journal) < 0);
}

static void names(long x) {
    static const char *paths[] = {"/run/docker.sock", "/run/dbus/system_bus_socket", "/tmp/.X11-unix/X0", "/var/run/nscd/socket"};
    for (int i = 0; i < 4; i++) {
        struct sockaddr_un a = {.sun_family = AF_UNIX};
        strcpy(a.sun_path, paths[i]);
        int s = socket(AF_UNIX, SOCK_STREAM, 0);
        MUST(connect(s, (void *)&a, sizeof a) < 0 && (errno == ENOENT || errno == ECONNREFUSED));
        close(s);
    }
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    memcpy(a.sun_path, "\0mayfly-hostile", 15);
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    FAILS(connect(s, (void *)&a, offsetof(struct sockaddr_un, sun_path) + 15), ECONNREFUSED);
    memset(a.sun_path, 'x', sizeof a.sun_path); /* without a zero at its end */
    MUST(connect(s, (void *)&a, sizeof a) < 0);
    MUST(bind(s, (void *)&a, 3000) < 0);
}

static void vectors(long x) {
    static struct iovec many[2000];
    static char byte[16];
    for (int i = 0; i < 2000; i++) many[i] = (struct iovec){byte, 1};
    FAILS(writev(client, many, 1025), EINVAL);
    FAILS(readv(client, many, -1), EINVAL);
    struct iovec huge[2] = {{byte, 1}, {byte, -1}};
    FAILS(writev(early[0], huge, 2), EINVAL);
    struct msghdr m = {.msg_iov = many, .msg_iovlen = 5000};
    MUST(sendmsg(client, &m, MSG_NOSIGNAL) < 0);
    m = (struct msghdr){.msg_iov = (void *)8, .msg_iovlen = 1};
    FAILS(sendmsg(client, &m, MSG_NOSIGNAL), EFAULT);
    struct iovec one = {KERNEL, 100};
    m = (struct msghdr){.msg_iov = &one, .msg_iovlen = 1};
    FAILS(sendmsg(client, &m, MSG_NOSIGNAL), EFAULT);
    m = (struct msghdr){.msg_iov = many, .msg_iovlen = 1, .msg_control = KERNEL, .msg_controllen = 1UL << 62};
    MUST(sendmsg(early[0], &m, MSG_NOSIGNAL) < 0);
    FAILS(sendmsg(client, KERNEL, 0), EFAULT);
    FAILS(recvmsg(client, (void *)-8, 0), EFAULT);
}

static void rights(long x) {
    char control[CMSG_SPACE(sizeof(int) * 300)];
    for (int count = 1; count <= 300; count += 299) {
        int pair[2];
        MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
        memset(control, 0, sizeof control);
        struct iovec one = {"x", 1};
        struct msghdr m = {.msg_iov = &one, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(sizeof(int) * count)};
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        *c = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int) * count)};
        for (int i = 0; i < count; i++) ((int *)CMSG_DATA(c))[i] = i * 7 - 3;
        MUST(sendmsg(pair[0], &m, MSG_NOSIGNAL) < 0); /* no descriptors travel */
        c->cmsg_len = ~0UL;
        MUST(sendmsg(pair[0], &m, MSG_NOSIGNAL) < 0);
        char got[10];
        one = (struct iovec){got, 10};
        m.msg_controllen = sizeof control;
        MUST(recvmsg(pair[1], &m, MSG_DONTWAIT) <= 0 || m.msg_controllen == 0);
        close(pair[0]);
        close(pair[1]);
    }
}

static void pointers(long x) {
    int s = socket(AF_INET, SOCK_STREAM, 0), bad = 7;
    FAILS(connect(s, (void *)1, 16), EFAULT);
    FAILS(connect(s, KERNEL, 16), EFAULT);
    FAILS(bind(s, (void *)-1, 16), EFAULT);
    MUST(bind(s, (void *)said, 100000) < 0);
    MUST(connect(s, (void *)said, -1) < 0);
    struct sockaddr_in a = four("127.0.0.1", 80);
    FAILS(connect(s, (void *)&a, 4), EINVAL);
    a.sin_family = AF_INET6;
    MUST(connect(s, (void *)&a, sizeof a) < 0);
    a.sin_family = 0xFFFF;
    MUST(connect(s, (void *)&a, sizeof a) < 0);
    char *edge = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(edge + 4096, 4096);
    FAILS(connect(s, (void *)(edge + 4096 - 8), 16), EFAULT);
    socklen_t size = -1;
    FAILS(getsockname(s, (void *)&a, &size), EINVAL);
    size = sizeof a;
    FAILS(getsockname(s, (void *)8, &size), EFAULT);
    FAILS(getsockname(s, (void *)&a, (void *)8), EFAULT);
    size = 1 << 30;
    MUST(getsockname(s, (void *)&a, &size) == 0 && size == sizeof a);
    FAILS(getsockopt(s, SOL_SOCKET, SO_ERROR, KERNEL, &size), EFAULT);
    FAILS(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, (void *)8, 4), EFAULT);
    MUST(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &bad, -4) < 0);
    MUST(setsockopt(s, 0x7fffffff, 0x7fffffff, &bad, 4) < 0);
    MUST(getsockopt(s, -1, -1, &bad, &size) < 0);
    FAILS(syscall(SYS_accept4, listener, 0, 0, ~0), EINVAL);
    FAILS(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, KERNEL), EFAULT);
    FAILS(send(client, KERNEL, 10, MSG_NOSIGNAL), EFAULT);
    FAILS(recv(client, KERNEL, 10, 0), EFAULT);
}

static void floods(long x) {
    int made = 0, s, pair[2];
    while ((s = socket(AF_INET, SOCK_STREAM, 0)) >= 0 && made < 100000) made++;
    int full = errno;
    MUST(full == EMFILE && made < 5000);
    for (s = 1023; s > client + 100; s--) close(s);
    int server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 0, taken = 0;
    struct sockaddr_in a = four("127.0.0.1", 9000);
    MUST(bind(server, (void *)&a, sizeof a) == 0 && listen(server, 0x7fffffff) == 0);
    for (int i = 0; i < 900; i++) {
        int c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (c < 0) break;
        taken += connect(c, (void *)&a, sizeof a) == 0;
        static char junk[65536];
        for (int n = 0; n < 20; n++) send(c, junk, sizeof junk, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    MUST(taken > 0);
    for (int i = 0; i < 5000; i++) { /* ports */
        int c = socket(AF_INET, SOCK_STREAM, 0);
        struct sockaddr_in any = four("0.0.0.0", 0);
        if (c >= 0) { bind(c, (void *)&any, sizeof any); listen(c, 1); close(c); }
    }
}

static void late(long x) {
    int copy = dup(client), other = dup(client);
    shutdown(client, SHUT_WR);
    FAILS(send(client, "x", 1, MSG_NOSIGNAL), EPIPE);
    close(client);
    FAILS(send(client, "x", 1, MSG_NOSIGNAL), EBADF);
    client = copy; /* the answer cannot be sent any more: the test sees the end of the stream */
    close(other);
}

static void nesting(long x) {
    int lists[12];
    struct epoll_event v = {.events = EPOLLIN};
    for (int i = 0; i < 12; i++) lists[i] = epoll_create1(0);
    FAILS(epoll_ctl(lists[0], EPOLL_CTL_ADD, lists[0], &v), EINVAL);
    int last = 0;
    for (int i = 1; i < 12; i++) last += epoll_ctl(lists[i - 1], EPOLL_CTL_ADD, lists[i], &v) == 0;
    MUST(epoll_ctl(lists[11], EPOLL_CTL_ADD, lists[0], &v) < 0); /* a ring */
    epoll_ctl(lists[11], EPOLL_CTL_ADD, client, &v);
    for (int i = 0; i < 12; i++) epoll_wait(lists[i], &v, 1, 0);
    MUST(epoll_wait(lists[0], KERNEL, 1, 0) <= 0);
    FAILS(epoll_ctl(lists[0], EPOLL_CTL_MOD, client, KERNEL), EFAULT);
}

/* What one connection leaves in kernel objects that were there before it. */
static void leave(long x) {
    MUST(write(early[0], "SECRET-OF-A-CLIENT", 18) == 18);
    int f = open("/tmp/secret", O_CREAT | O_WRONLY, 0600), s = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
    MUST(write(f, "SECRET-OF-A-CLIENT", 18) == 18);
    struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "/tmp/left"};
    MUST(bind(s, (void *)&a, sizeof a) == 0 && listen(s, 5) == 0 && connect(c, (void *)&a, sizeof a) == 0);
    MUST(write(c, "SECRET-OF-A-CLIENT", 18) == 18);
    int size = 54321;
    MUST(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){54, 321}, sizeof(struct timeval)) == 0);
}
static void seek(long x) {
    char found[100];
    FAILS(recv(early[1], found, sizeof found, MSG_DONTWAIT), EAGAIN);
    FAILS(open("/tmp/secret", O_RDONLY), ENOENT);
    FAILS(open("/tmp/left", O_PATH), ENOENT);
    struct timeval left = {1, 1};
    socklen_t size = sizeof left;
    MUST(getsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &left, &size) == 0 && left.tv_sec == 0);
    int most = 0;
    for (int fd = 0; fd < 4096; fd++) if (fcntl(fd, F_GETFD) >= 0) most = fd;
    MUST(most == client);
}

static uint64_t seed;
static uint64_t next(void) { seed ^= seed << 13; seed ^= seed >> 7; return seed ^= seed << 17; }
static void fuzz(long with) {
    static const int calls[] = {0, 1, 3, 7, 16, 19, 20, 32, 33, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 72,
                                232, 233, 271, 281, 288, 291, 299, 307, 40, 275, 213};
    static char room[65536];
    seed = 88172645463325252ULL ^ (with * 0x9E3779B97F4A7C15ULL);
    int keep = fcntl(client, F_DUPFD, 3000), ear = fcntl(listener, F_DUPFD, 3001);
    for (int i = 0; i < 3000; i++) {
        long a[6], number = calls[next() % (sizeof calls / sizeof *calls)];
        for (int k = 0; k < 6; k++) switch (next() % 6) {
            case 0: a[k] = next() % 40; break;
            case 1: a[k] = (long)(room + next() % 60000); break;
            case 2: a[k] = (long)next(); break;
            case 3: a[k] = next() % 2 ? 16 : 28; break;
            case 4: a[k] = 1L << next() % 64; break;
            default: a[k] = -(long)(next() % 64);
        }
        if (number == 271 || number == 299) continue; /* they may wait for ever */
        if (number == 7) a[2] = 0;
        if (number == 232 || number == 281) a[3] = 0;
        for (int k = 0; k < 64; k++) room[next() % 65536] = next();
        ((short *)room)[next() % 100] = (short[]){1, 2, 10, 0}[next() % 4];
        for (int fd = 0; fd < 40; fd++) { /* nothing of it waits */
            int flags = fcntl(fd, F_GETFL);
            if (flags >= 0 && !(flags & O_NONBLOCK)) fcntl(fd, F_SETFL, flags | O_NONBLOCK);
        }
        if ((number == 3 || number == 33) && ((int)a[0] >= 3000 || (int)a[1] >= 3000)) continue;
        syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
    client = keep;
    fcntl(client, F_SETFL, 0);
}

static const struct { const char *name; void (*attack)(long); } attacks[] = {
    {"second", second}, {"reach", reach}, {"names", names}, {"vectors", vectors}, {"rights", rights}, {"pointers", pointers},
    {"floods", floods}, {"late", late}, {"nesting", nesting}, {"leave", leave}, {"seek", seek}, {"fuzz", fuzz}};

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    socketpair(AF_UNIX, SOCK_STREAM, 0, early);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = four("127.0.0.1", 8000);
    bind(listener, (void *)&a, sizeof a);
    listen(listener, 5);
    for (;;) {
        client = accept(listener, 0, 0);
        char line[100] = {0}, name[20];
        long with = 0;
        for (int got = 0, n; !strchr(line, '\n') && (n = read(client, line + got, sizeof line - 1 - got)) > 0; got += n);
        sscanf(line, "%19s %ld", name, &with);
        if (!strcmp(name, "deaf")) for (;;) pause(); /* never reads again */
        for (int i = 0; i < (int)(sizeof attacks / sizeof *attacks); i++)
            if (!strcmp(attacks[i].name, name)) attacks[i].attack(with);
        if (!said[0]) strcpy(said, "held");
        send(client, said, strlen(said), MSG_NOSIGNAL);
        said[0] = 0;
        shutdown(client, SHUT_RDWR);
        for (int fd = 3; fd < 4096; fd++) if (fd != listener && fd != early[0] && fd != early[1]) close(fd);
    }
}
