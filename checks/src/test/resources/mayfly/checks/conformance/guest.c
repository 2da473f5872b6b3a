/* What the machine conformance kit runs in native machines; the same deeds as guest.py. */
#include "mayfly.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

static int calls;

static int text_after(const mayfly_call *call, const char *name, char *to, size_t size) {
    const char *at = mayfly_field((const char *)call->payload, name);
    size_t n = 0;
    if (!at || *at != '"') return 0;
    for (at++; *at && *at != '"' && n + 1 < size; at++) to[n++] = *at;
    to[n] = 0;
    return 1;
}

static long number_after(const mayfly_call *call, const char *name) {
    const char *at = mayfly_field((const char *)call->payload, name);
    return at ? atol(at) : 0;
}

static void forever(void) {
    for (;;) pause();
}

static int sleeping(void) {
    DIR *proc = opendir("/proc");
    int count = 0;
    for (struct dirent *entry; proc && (entry = readdir(proc));) {
        char path[300], comm[32] = "";
        snprintf(path, sizeof path, "/proc/%s/comm", entry->d_name);
        FILE *file = fopen(path, "r");
        if (file && fgets(comm, sizeof comm, file)) count += strcmp(comm, "sleep\n") == 0;
        if (file) fclose(file);
    }
    if (proc) closedir(proc);
    return count;
}

static int look(mayfly_result *result) {
    return mayfly_json(result, "{\"tmp\":%s,\"env\":%s,\"sleeping\":%d,\"calls\":%d}", access("/tmp/left", F_OK) == 0 ? "true" : "false",
                       getenv("LEFT") ? "\"secret\"" : "null", sleeping(), calls);
}

static int leave(mayfly_result *result) {
    FILE *file = fopen("/tmp/left", "w");
    if (file) fclose(file);
    setenv("LEFT", "secret", 1);
    for (int i = 0; i < 2; i++) {
        int ready[2];
        char byte;
        if (pipe2(ready, O_CLOEXEC) != 0) return 1;
        pid_t child = fork();
        if (child < 0 && errno == ENOSYS) return look(result); /* machines with a single process */
        if (child == 0) {
            if (i) setsid();
            execlp("sleep", "sleep", "1000", (char *)NULL);
            _exit(1);
        }
        close(ready[1]);
        while (read(ready[0], &byte, 1) < 0) continue; /* the exec closes it */
        close(ready[0]);
    }
    while (sleeping() < 2) continue; /* a process gets its name a little after its exec */
    return look(result);
}

static void stubborn(void) {
    for (int number = 1; number < 65; number++) signal(number, SIG_IGN);
    for (int i = 0; i < 3; i++)
        if (fork() == 0) {
            setsid();
            forever();
        }
    forever();
}

static void hog(void) {
    for (;;) {
        char *page = malloc(1 << 20);
        if (!page) abort();
        memset(page, 7, 1 << 20);
    }
}

static int connect_all(const mayfly_call *call, mayfly_result *result) {
    char reached[200] = "", own[64] = "", path[108] = "";
    text_after(call, "address", own, sizeof own);
    text_after(call, "path", path, sizeof path);
    const char *hosts[] = {"127.0.0.1", own};
    for (int i = 0; i < 2; i++) {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)number_after(call, "port"))};
        inet_pton(AF_INET, hosts[i], &to.sin_addr);
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0) strcat(reached, "\"tcp\",");
        if (fd >= 0) close(fd);
    }
    struct sockaddr_un { sa_family_t family; char path[108]; } local = {.family = AF_UNIX};
    memcpy(local.path, path, sizeof path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&local, sizeof local) == 0) strcat(reached, "\"unix\",");
    if (reached[0]) reached[strlen(reached) - 1] = 0;
    return mayfly_json(result, "[%s]", reached);
}

static int send_signals(const mayfly_call *call, mayfly_result *result) {
    const char *at = mayfly_field((const char *)call->payload, "pids");
    char reached[400] = "";
    for (at = at ? at + 1 : ""; *at >= '0' && *at <= '9';) {
        char *end;
        long pid = strtol(at, &end, 10);
        if (kill((pid_t)pid, SIGKILL) == 0) snprintf(reached + strlen(reached), sizeof reached - strlen(reached), "%s%ld", reached[0] ? "," : "", pid);
        at = *end == ',' ? end + 1 : end;
    }
    kill(getppid(), SIGKILL);
    kill(-1, SIGKILL);
    return mayfly_json(result, "[%s]", reached);
}

static int list(const char *path, mayfly_result *result) {
    char names[4000] = "";
    DIR *dir = opendir(path);
    if (!dir) return mayfly_json(result, "[\"refused: %s\"]", strerror(errno));
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.' && strlen(names) < 3500)
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s\"%.200s\"", names[0] ? "," : "", entry->d_name);
    closedir(dir);
    return mayfly_json(result, "[%s]", names);
}

static int descriptors(mayfly_result *result) {
    char names[4000] = "", link[64], target[200];
    for (int fd = 0; fd < 4096; fd++) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t n = readlink(link, target, sizeof target - 1);
        if (n < 0) continue;
        target[n] = 0;
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s\"%d %s\"", names[0] ? "," : "", fd, target);
    }
    return mayfly_json(result, "[%s]", names);
}

static void write_all(int fd, const char *page, size_t size, long times) {
    while (times-- > 0)
        if (write(fd, page, size) < 0) return;
}

static int handle(const mayfly_call *call, mayfly_result *result) {
    static char page[1 << 16];
    char deed[32] = "", path[300] = "";
    if (!call->json) return mayfly_bytes(result, call->payload, call->size);
    memset(page, 'x', sizeof page);
    text_after(call, "path", path, sizeof path);
    if (!text_after(call, "do", deed, sizeof deed) || !strcmp(deed, "echo"))
        return mayfly_json(result, "%.*s", (int)call->size, (const char *)call->payload);
    if (!strcmp(deed, "fail")) {
        char text[64] = "";
        text_after(call, "text", text, sizeof text);
        return mayfly_fail(result, "Refused", "%s", text);
    }
    if (!strcmp(deed, "count")) return mayfly_json(result, "%d", ++calls);
    if (!strcmp(deed, "leave")) return leave(result);
    if (!strcmp(deed, "look")) return look(result);
    if (!strcmp(deed, "spin")) for (;;) __asm__ volatile("");
    if (!strcmp(deed, "block")) forever();
    if (!strcmp(deed, "stubborn")) stubborn();
    if (!strcmp(deed, "bomb")) for (;;) fork();
    if (!strcmp(deed, "hog")) hog();
    if (!strcmp(deed, "print") || !strcmp(deed, "descriptor1")) write_all(1, page, sizeof page, number_after(call, "mb") << 4);
    if (!strcmp(deed, "log")) {
        puts("to stdout");
        fputs("to stderr\n", stderr);
        return system("echo from a child") && errno != ENOSYS ? 1 : mayfly_json(result, "\"done\"");
    }
    if (!strcmp(deed, "close")) for (int fd = 3; fd < 4096; fd++) close(fd);
    if (!strcmp(deed, "garbage")) {
        memset(page, 0xff, sizeof page);
        for (int fd = 3; fd < 4096; fd++) write_all(fd, page, 4096, 1);
        forever();
    }
    if (!strcmp(deed, "exit")) _exit(7);
    if (!strcmp(deed, "abort")) abort();
    if (!strcmp(deed, "read")) {
        FILE *file = fopen(path, "r");
        return file ? mayfly_json(result, "\"read\"") : mayfly_json(result, "\"refused: %s\"", strerror(errno));
    }
    if (!strcmp(deed, "list")) return list(path, result);
    if (!strcmp(deed, "descriptors")) return descriptors(result);
    if (!strcmp(deed, "connect")) return connect_all(call, result);
    if (!strcmp(deed, "signal")) return send_signals(call, result);
    return mayfly_json(result, "\"done\"");
}

int main(void) {
    return mayfly_run(handle);
}
