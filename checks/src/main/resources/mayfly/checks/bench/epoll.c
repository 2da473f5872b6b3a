// A small HTTP server: "epoll PORT" serves all connections in one process, "fork PORT" each in a child.
#define _GNU_SOURCE
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int answer(int connection) {
    char request[4096];
    ssize_t count = read(connection, request, sizeof request);
    if (count <= 0) return 0;
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
    if (write(connection, text, sizeof text - 1) < 0) return 0;
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2])), .sin_addr.s_addr = htonl(INADDR_ANY)};
    if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 128)) return 1;
    if (!strcmp(argv[1], "fork")) {
        for (;;) {
            int connection = accept(listener, NULL, NULL);
            if (connection < 0) continue;
            if (fork() == 0) {
                answer(connection);
                _exit(0);
            }
            close(connection);
            while (waitpid(-1, NULL, WNOHANG) > 0) {} // so that their processor time is ours
        }
    }
    int poll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        struct epoll_event ready[64];
        int count = epoll_wait(poll, ready, 64, -1);
        for (int i = 0; i < count; i++) {
            int fd = ready[i].data.fd;
            if (fd == listener) {
                int connection = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
                if (connection < 0) continue;
                event.data.fd = connection;
                epoll_ctl(poll, EPOLL_CTL_ADD, connection, &event);
            } else if (!answer(fd)) {
                close(fd);
            }
        }
    }
}
