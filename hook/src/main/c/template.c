#include "template.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channel.h"
#include "descriptors.h"
#include "forkbox.h"
#include "freeze.h"
#include "hook.h"
#include "kernel.h"
#include "machine.h"
#include "machines.h"
#include "node.h"
#include "passed.h"
#include "real.h"
#include "runtime.h"

enum { AT_CONTROL = 0, AT_LISTENER = 1, REFUSED = 70 };

static struct machines machines;
static int control = -1;

/* The node's first connection; others wait in the listener's queue. */
static void await_control(void) {
    struct hello hello;
    while (control < 0)
        if (node_accept(&hello)) {
            if (hello.kind == HELLO_CONTROL) control = fcntl(hello.fd, F_DUPFD_CLOEXEC, HOOK_FD); /* not among the program's */
            real()->close(hello.fd);
        } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) _exit(REFUSED);
}

_Noreturn static void refuse(const struct refusal *why) {
    frame_send_refusal(control, why->type, why->message);
    _exit(REFUSED);
}

/* As fork(3), in namespaces of its own. */
static pid_t fork_machine(void) {
    runtime_before_fork();
    pid_t pid = (pid_t)forkbox_clone(FORKBOX_NEWPID | FORKBOX_NEWNS);
    if (pid == 0) return 0;
    runtime_in_parent();
    return pid;
}

/* One machine for nothing: what this host refuses is known before the first connection. */
static void try_once(void) {
    int status = 0;
    pid_t pid = fork_machine();
    if (pid == 0) machine_try();
    if (pid > 0 && waitpid(pid, &status, 0) == pid && status == 0) return;
    refuse(&(struct refusal){"NoMachines", "this host does not let the sandbox fork machines into namespaces of their own"});
}

/* ---- one machine ---- */

static void close_all(const int *fds, int count) {
    for (int i = 0; i < count; i++)
        if (fds[i] >= 0) real()->close(fds[i]);
}

static bool open_ends(struct machine *m, struct ends *ends) {
    int queue[2] = {-1, -1}, out[2] = {-1, -1}, err[2] = {-1, -1};
    if (real()->socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, queue) != 0 || pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) {
        close_all(queue, 2);
        close_all(out, 2);
        return false;
    }
    m->fd[AT_QUEUE] = queue[0];
    m->fd[AT_OUT] = out[0];
    m->fd[AT_ERR] = err[0];
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    fcntl(err[0], F_SETFL, O_NONBLOCK);
    *ends = (struct ends){queue[1], out[1], err[1]};
    return true;
}

static void refuse_machine(const struct hello *hello, const char *why) {
    char meta[128] = "{\"status\":\"refused\",\"message\":\"";
    strcat(meta, why);
    strcat(meta, "\"}");
    frame_send(hello->fd, CHANNEL_RESPONSE, meta, NULL, 0);
    real()->close(hello->fd);
}

/* True in the new machine. */
static bool make_machine(const struct hello *hello) {
    if (machines.count == MACHINES_MAX) {
        refuse_machine(hello, "the template has as many machines as it can");
        return false;
    }
    /* lazily: its bytes are touched only when it prints */
    struct machine *m = mmap(NULL, sizeof *m, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct ends ends;
    if (m == MAP_FAILED || !open_ends(m, &ends)) {
        if (m != MAP_FAILED) munmap(m, sizeof *m);
        refuse_machine(hello, "no descriptors or no memory for a machine");
        return false;
    }
    m->id = hello->id;
    m->fd[AT_NODE] = hello->fd;
    m->pid = fork_machine();
    if (m->pid == 0) {
        machine_become(&ends);
        return true;
    }
    close_all(&ends.queue, 1);
    close_all(&ends.out, 1);
    close_all(&ends.err, 1);
    m->fd[AT_END] = m->pid < 0 ? -1 : (int)syscall(K_NR_pidfd_open, m->pid, 0);
    if (m->fd[AT_END] < 0) {
        if (m->pid > 0) {
            kill(m->pid, SIGKILL);
            waitpid(m->pid, NULL, 0);
        }
        close_all(&m->fd[AT_QUEUE], SOCKETS - AT_QUEUE);
        munmap(m, sizeof *m);
        refuse_machine(hello, "the sandbox may have no more processes");
        return false;
    }
    machines.at[machines.count++] = m;
    return false;
}

/* A client's connection for a machine that the node knows; one that is gone never saw it. */
static void deliver(const struct hello *hello) {
    struct machine *m = machines_find(&machines, hello->id);
    if (m && m->fd[AT_QUEUE] >= 0) passed_send(m->fd[AT_QUEUE], hello->carried);
    real()->close(hello->carried);
    real()->close(hello->fd);
}

static bool hear_node(void) {
    struct hello hello;
    if (!node_accept(&hello)) return false;
    if (hello.kind == HELLO_MACHINE) return make_machine(&hello);
    if (hello.kind == HELLO_DELIVERY) deliver(&hello);
    else real()->close(hello.fd);
    return false;
}

/* The only thing that the node says there is PING; its end is ours, and with us all machines die. */
static void hear_control(void) {
    char header[8];
    ssize_t n = recv(control, header, sizeof header, MSG_DONTWAIT);
    if (n == sizeof header) frame_send(control, CHANNEL_PING, "", NULL, 0);
    else if (n >= 0 || (errno != EAGAIN && errno != EINTR)) _exit(0);
}

void template_run(void) {
    sigset_t all, before;
    sigfillset(&all); /* its handlers are the program's, which does not run any more */
    sigprocmask(SIG_SETMASK, &all, &before);
    hook.mode = TEMPLATE;
    await_control();
    struct refusal why;
    runtime_settle(); /* first: idle threads may go */
    if (!freeze(&why)) refuse(&why);
    try_once();
    frame_send(control, CHANNEL_RESPONSE, "{\"status\":\"ready\"}", NULL, 0);
    fcntl(node_listener(), F_SETFL, O_NONBLOCK);
    for (;;) {
        machines.poll[AT_CONTROL] = (struct pollfd){.fd = control, .events = POLLIN};
        machines.poll[AT_LISTENER] = (struct pollfd){.fd = node_listener(), .events = POLLIN};
        unsigned count = machines_poll(&machines);
        if (real()->ppoll(machines.poll, count, NULL, NULL) < 0) continue;
        bool arrived = machines.poll[AT_LISTENER].revents;
        if (machines.poll[AT_CONTROL].revents) hear_control();
        machines_act(&machines); /* first: it goes by the places in the poll */
        if (arrived && hear_node()) break;
    }
    runtime_in_child();
    machine_await();
    sigprocmask(SIG_SETMASK, &before, NULL);
}
