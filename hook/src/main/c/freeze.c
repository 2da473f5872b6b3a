#include "freeze.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "descriptors.h"
#include "hook.h"
#include "memory.h"
#include "places.h"
#include "procfs.h"
#include "real.h"
#include "text.h"

enum { THREADS_PATIENCE_MS = 2000, PAUSE_MS = 2, NAMES_MAX = 8 };

static struct text begin(struct refusal *why, const char *type) {
    struct text t = text_in(why->type, sizeof why->type);
    text_add(&t, type);
    return text_in(why->message, sizeof why->message);
}

/* ---- threads ---- */

struct threads {
    unsigned others, busy;
    struct text *names;
};

/* Whether it sleeps in a call that only waits: a thread that is left behind there holds nothing. */
static bool is_idle(unsigned tid) {
    static const long waits[] = {SYS_futex, SYS_epoll_wait, SYS_epoll_pwait, SYS_poll, SYS_ppoll, SYS_rt_sigtimedwait};
    char path[64], text[128];
    if (procfs_read(procfs_path(path, sizeof path, "/proc/self/task", tid, "/syscall"), text, sizeof text) <= 0) return false;
    uint64_t number;
    text[strcspn(text, " \n")] = 0;
    if (!text_parse(text, 1024, &number)) return false; /* "running" */
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
        if ((long)number == waits[i]) return true;
    return false;
}

static bool count_thread(unsigned tid, void *with) {
    struct threads *threads = with;
    if ((pid_t)tid == getpid()) return true;
    char path[64], name[32] = "?";
    threads->others++;
    if (!hook.settings.helpers || !is_idle(tid)) threads->busy++;
    if (threads->names && threads->others <= NAMES_MAX) {
        procfs_read(procfs_path(path, sizeof path, "/proc/self/task", tid, "/comm"), name, sizeof name);
        name[strcspn(name, "\n")] = 0;
        text_add(threads->names, threads->others == 1 ? "" : ", ");
        text_add(threads->names, name);
    }
    return true;
}

static struct threads look_at_threads(struct text *names) {
    struct threads threads = {.names = names};
    procfs_numbers("/proc/self/task", count_thread, &threads);
    return threads;
}

/* Threads that answered a warm-up request get time to end. */
static bool has_one_thread(struct refusal *why) {
    for (int waited = 0; look_at_threads(NULL).busy > 0; waited += PAUSE_MS) {
        if (waited < THREADS_PATIENCE_MS) {
            real()->ppoll(NULL, 0, &(struct timespec){0, PAUSE_MS * 1000000L}, NULL);
            continue;
        }
        char names[128];
        struct text list = text_in(names, sizeof names), t = begin(why, "SeveralThreads");
        struct threads threads = look_at_threads(&list);
        text_add(&t, "the program has ");
        text_number(&t, threads.others + 1);
        text_add(&t, " threads where it waits for connections (besides its main thread: ");
        text_add(&t, names);
        text_add(&t, "); a process can be forked for each connection only while it has one. Start it without threads, "
                     "share one machine between connections, or use a host with virtual machines");
        return false;
    }
    return true;
}

/* ---- processes ---- */

static bool count_other(unsigned pid, void *with) {
    if (pid != 1 && (pid_t)pid != getpid()) ++*(unsigned *)with;
    return true;
}

static bool is_alone(struct refusal *why) {
    unsigned others = 0;
    bool listed = procfs_numbers("/proc", count_other, &others);
    if (listed && others == 0) return true;
    struct text t = begin(why, listed ? "SeveralProcesses" : "NoProc");
    if (!listed) {
        text_add(&t, "the sandbox has no /proc, without which a server cannot be forked safely");
        return false;
    }
    text_add(&t, "the program consists of ");
    text_number(&t, others + 1);
    text_add(&t, " processes where it waits for connections; start it as a single one (no master and workers; a shell "
                 "script ends with exec)");
    return false;
}

/* ---- descriptors ---- */

static bool name_port(unsigned number, void *with) {
    struct text *t = with;
    struct sockaddr_storage at;
    socklen_t size = sizeof at;
    if (number >= HOOK_FD || !is_listening((int)number) || real()->getsockname((int)number, (struct sockaddr *)&at, &size) != 0) return true;
    text_add(t, t->at[t->len - 1] == 't' ? " on " : ", ");
    if (at.ss_family == AF_UNIX) text_add(t, "a Unix socket");
    else text_number(t, ntohs(at.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&at)->sin6_port : ((struct sockaddr_in *)&at)->sin_port));
    return true;
}

static bool has_listener(struct refusal *why) {
    if (chosen_listener() >= 0) return true;
    struct text t = begin(why, "NoListener");
    text_add(&t, "the program does not listen on port ");
    text_number(&t, hook.settings.port);
    text_add(&t, ", but");
    procfs_numbers("/proc/self/fd", name_port, &t);
    return false;
}

static bool has_fitting_descriptors(struct refusal *why) {
    char problem[128] = "";
    if (descriptors_plan(problem, sizeof problem)) return true;
    struct text t = begin(why, "SharedDescriptor");
    text_add(&t, "the program cannot be forked for each connection: ");
    text_add(&t, problem);
    return false;
}

static bool has_fitting_memory(struct refusal *why) {
    if (memory_plan()) return true;
    struct text t = begin(why, "SharedMemory");
    text_add(&t, "the program shares more memory with others than machines can have copies of");
    return false;
}

static bool has_fitting_places(struct refusal *why) {
    if (places_plan()) return true;
    struct text t = begin(why, "TooMuchInTmp");
    text_add(&t, "machines get copies of what the program wrote to /tmp before it waited for connections: at most 16 MiB in "
                 "1,000 files; and at most 64 directories are shown below /tmp, without spaces in their names");
    return false;
}

bool freeze(struct refusal *why) {
    return is_alone(why) && has_one_thread(why) && has_listener(why) && has_fitting_descriptors(why) && has_fitting_memory(why) &&
           has_fitting_places(why);
}
