/* The sandbox launcher: builds an isolated place around one command (PROTOCOL.md sections 7 and 8). Read sandbox_main,
 * then build_and_run: they are the list of steps, in the order that the kernel's rules dictate. */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "caps.h"
#include "init.h"
#include "kernel.h"
#include "roles.h"
#include "seccomp.h"
#include "text.h"

enum { BACKLOG = 128, MACHINES_DEFAULT = 256 };
enum answer { PROCEED = 'p', RETRY = 'r' }; /* the child's first word: can it use its namespaces? */

_Noreturn void sandbox_fail_stage(struct sandbox *s, const char *stage, int error) {
    init_report(s->report, stage, error);
    _exit(SANDBOX_FAILED);
}

_Noreturn void sandbox_fail(struct sandbox *s, const char *step, int error) {
    char stage[60];
    struct text t = text_in(stage, sizeof stage);
    text_add(&t, "sandbox: ");
    text_add(&t, step);
    sandbox_fail_stage(s, stage, error);
}

/* The command must not outlive the launcher. The kernel forgets this when a process changes its user, so it is asked
 * for again at the end; a launcher that died in between is seen by its closed end of the socket. */
static void die_with_launcher(struct sandbox *s) {
    struct pollfd launcher = {.fd = s->control[1]};
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) sandbox_fail(s, "PR_SET_PDEATHSIG", errno);
    if (poll(&launcher, 1, 0) > 0 && launcher.revents & (POLLHUP | POLLERR)) _exit(SANDBOX_FAILED);
}

static void raise_loopback(struct sandbox *s) {
    struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING};
    memcpy(request.ifr_name, "lo", sizeof "lo");
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) != 0) sandbox_fail(s, "loopback", errno);
    close(fd);
}

static void record_namespaces(struct sandbox *s) {
    static const struct {
        uint64_t flag;
        enum feature feature;
    } table[] = {
        {K_CLONE_NEWUSER, F_USERNS}, {K_CLONE_NEWPID, F_PIDNS}, {K_CLONE_NEWNS, F_MOUNTNS},
        {K_CLONE_NEWNET, F_NETNS},   {K_CLONE_NEWIPC, F_IPCNS}, {K_CLONE_NEWUTS, F_UTSNS},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        bool has = s->namespaces & table[i].flag;
        bool unwanted = table[i].feature == F_NETNS && s->spec->net == NET_HOST;
        isolation_set(&s->got, table[i].feature, has, has ? "" : unwanted ? "net=host" : "the host refuses it", 0);
    }
}

static void drop_capabilities(struct sandbox *s) {
    bool wanted = s->spec->caps == CAPS_FORK || s->spec->init == INIT_ACCEPT;
    bool safe = s->namespaces & K_CLONE_NEWUSER && s->namespaces & K_CLONE_NEWPID; /* else they would be the host's */
    int error = wanted && safe ? caps_keep_fork() : caps_drop_all();
    if (error) sandbox_fail(s, "capset", error);
    isolation_set(&s->got, F_CAPS, true, wanted && safe ? "CAP_SYS_ADMIN in its own user namespace" : "", 0);
    isolation_set(&s->got, F_FORK, wanted && safe, !wanted ? "not asked for" : safe ? "" : "needs a user namespace", 0);
}

static void filter_calls(struct sandbox *s) {
    unsigned options = 0;
    if (s->got.of[F_FORK].applied) options |= FILTER_FORKS_MACHINES;
    if (s->spec->init == INIT_NONE) options |= FILTER_HOLDS_PDEATHSIG;
    if (s->spec->net == NET_NONE && !s->got.of[F_NETNS].applied) options |= FILTER_NO_INTERNET;
    static const enum seccomp_profile profiles[] = {
        [SECCOMP_TASK] = FILTER_FOR_TASK, [SECCOMP_AGENT] = FILTER_FOR_AGENT, [SECCOMP_MACHINES] = FILTER_FOR_MACHINES};
    int error = seccomp_install(profiles[s->spec->seccomp], options);
    isolation_set(&s->got, F_SECCOMP, error == 0, "", error);
    if (error == 0 && options & FILTER_NO_INTERNET)
        isolation_set(&s->got, F_NETNS, false, "internet sockets are refused instead", 0);
}

static void write_isolation(struct sandbox *s) {
    char name[64];
    if (!isolation_write(&s->got, s->isolation)) sandbox_fail(s, "isolation", errno);
    if (isolation_missing(&s->got, s->spec->require, name, sizeof name)) {
        char step[48];
        struct text t = text_in(step, sizeof step);
        text_add(&t, "require ");
        text_add(&t, name);
        sandbox_fail(s, step, EOPNOTSUPP);
    }
}

_Noreturn static void run_command(struct sandbox *s) {
    const struct spec *spec = s->spec;
    if (chdir(spec->cwd) != 0) sandbox_fail_stage(s, "chdir", errno);
    struct init_plan plan = {.argv = spec->argv,
                             .env = spec->env,
                             .control = s->control[1],
                             .report = s->report,
                             .listener = s->listener,
                             .passed = s->passed,
                             .machines_max = spec->pids ? (unsigned)spec->pids : MACHINES_DEFAULT,
                             .own_namespaces = s->got.of[F_FORK].applied,
                             .tmp_bytes = spec->tmp ? spec->tmp : SANDBOX_TMP_BYTES};
    if (spec->init == INIT_NONE) sandbox_fail_stage(s, "execve", init_execute(spec->argv, spec->env, s->listener, s->passed));
    prctl(PR_SET_DUMPABLE, 0); /* nobody in the sandbox reads or writes our memory through /proc/1 */
    if (spec->init == INIT_ACCEPT) init_accept(&plan);
    init_reap(&plan);
}

/* In process 1 of the sandbox. */
_Noreturn static void build_and_run(struct sandbox *s) {
    char go;
    close(s->control[0]);
    die_with_launcher(s);
    if (recv(s->control[1], &go, 1, 0) != 1) _exit(SANDBOX_FAILED); /* now the maps are written */
    if (!identity_is_late(s)) identity_become(s);
    char answer = PROCEED;
    if (s->namespaces & K_CLONE_NEWNS && !mounts_possible()) answer = RETRY;
    if (send(s->control[1], &answer, 1, MSG_NOSIGNAL) != 1 || answer == RETRY) _exit(SANDBOX_FAILED);

    record_namespaces(s);
    if (s->namespaces & K_CLONE_NEWUTS) sethostname("mayfly", 6);
    if (s->namespaces & K_CLONE_NEWNET) raise_loopback(s);
    if (s->namespaces & K_CLONE_NEWNS) mounts_enter(s);
    else fallback_enter(s);
    if (identity_is_late(s)) identity_become(s);
    limits_apply(s);
    drop_capabilities(s);
    if (prctl(K_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) sandbox_fail(s, "no_new_privs", errno);
    landlock_apply(s);
    die_with_launcher(s);
    filter_calls(s);
    write_isolation(s);
    run_command(s);
}

/* fork with namespaces. True in both processes; false with errno when this host refuses them. */
static bool spawn(struct sandbox *s, uint64_t namespaces) {
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s->control) != 0) sandbox_fail(s, "socketpair", errno);
    struct k_clone_args args = {.flags = namespaces | K_CLONE_PIDFD, .exit_signal = SIGCHLD};
    args.pidfd = (uintptr_t)&s->child_pidfd;
    if (s->cgroup_v2 >= 0) {
        args.flags |= K_CLONE_INTO_CGROUP;
        args.cgroup = (uint64_t)s->cgroup_v2;
    }
    s->namespaces = namespaces;
    s->child = (pid_t)syscall(K_NR_clone3, &args, sizeof args);
    if (s->child == 0) build_and_run(s);
    if (s->child > 0) return true;
    int error = errno;
    close(s->control[0]);
    close(s->control[1]);
    errno = error;
    return false;
}

/* Starts process 1 and lets it go. False: it cannot use these namespaces, and is gone. */
static bool start(struct sandbox *s, uint64_t namespaces) {
    if (!spawn(s, namespaces)) return false;
    close(s->control[1]);
    identity_map(s);
    cgroup_join(s);
    char answer = 'g';
    bool answered = send(s->control[0], &answer, 1, MSG_NOSIGNAL) == 1 && recv(s->control[0], &answer, 1, 0) == 1;
    if (answered && answer == RETRY) {
        close(s->control[0]);
        close(s->child_pidfd);
        waitpid(s->child, NULL, 0);
        return false;
    }
    return true; /* also when it died: the wait will tell */
}

/* From all namespaces down to none, to the first that this host gives. */
static void start_best(struct sandbox *s) {
    uint64_t wanted = K_CLONE_NEWPID | K_CLONE_NEWNS | K_CLONE_NEWIPC | K_CLONE_NEWUTS | K_CLONE_NEWCGROUP;
    if (s->spec->net == NET_NONE) wanted |= K_CLONE_NEWNET;
    if (start(s, wanted | K_CLONE_NEWUSER)) return;
    if (s->privileged && start(s, wanted)) return;
    if (start(s, 0)) return;
    sandbox_fail(s, "clone3", errno);
}

static int listen_here(struct sandbox *s, const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, name, strlen(name)); /* at most 100 bytes, spec.c */
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unlink(name);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, BACKLOG) != 0)
        sandbox_fail(s, name, errno);
    return fd;
}

/* Descriptors 0..9 are the command's; ours live above. */
static int move_up(struct sandbox *s, int fd) {
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, 10);
    if (moved < 0) sandbox_fail(s, "descriptors", errno);
    close(fd);
    return moved;
}

int sandbox_main(int argc, char **argv) {
    static struct sandbox s = {.report = -1, .listener = -1, .passed = -1, .cgroup_v2 = -1};
    uint64_t fd;
    if (argc < 2 || argc > 3 || (argc == 3 && !text_parse(argv[2], 1000, &fd))) return 2;
    if (argc == 3) s.report = move_up(&s, (int)fd);
    signal(SIGCHLD, SIG_DFL);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    if (chdir(argv[1]) != 0) sandbox_fail(&s, "chdir", errno);
    struct spec_problem problem;
    s.spec = spec_open("spec", &problem);
    if (!s.spec) sandbox_fail(&s, problem.text, problem.errno_);
    s.privileged = geteuid() == 0;
    s.uid = !s.privileged ? geteuid() : s.spec->has_ids ? s.spec->uid : SANDBOX_NOBODY;
    s.gid = !s.privileged ? getegid() : s.spec->has_ids ? s.spec->gid : SANDBOX_NOBODY;
    if (s.uid == 0) sandbox_fail(&s, "uid 0 owns the host's files", EINVAL);

    mounts_choose(&s);
    mounts_open(&s);
    if (s.spec->listen) s.listener = move_up(&s, listen_here(&s, s.spec->listen));
    if (s.spec->pass) { /* while we still are who may open it */
        int device = open(s.spec->pass, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        if (device < 0) sandbox_fail(&s, s.spec->pass, errno);
        s.passed = move_up(&s, device);
    }
    s.isolation = open("isolation", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (s.isolation < 0) sandbox_fail(&s, "isolation", errno);
    cgroup_make(&s);
    start_best(&s);
    launcher_keep(&s);
    launcher_wait(&s);
}
