/* Machines are made by the raw clone system call, since fork(3) makes no namespaces. So what fork(3) does besides is done
 * here: the handlers of pthread_atfork (libuv makes its locks anew in one), and what the interpreters do around their own
 * forks, which gives each machine random numbers of its own. */
#include "runtime.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { HANDLERS_MAX = 64 };

static struct {
    void (*prepare)(void), (*parent)(void), (*child)(void);
} handlers[HANDLERS_MAX];
static _Atomic unsigned handler_count;

static struct {
    int (*ensure)(void);
    void (*release)(int);
    void (*before)(void), (*parent)(void), (*child)(void);
    int held;
} python;
static bool has_python;
static void (*ruby_reseed)(void);

void runtime_note_handlers(void (*prepare)(void), void (*parent)(void), void (*child)(void)) {
    unsigned at = handler_count++;
    if (at >= HANDLERS_MAX) return;
    handlers[at].prepare = prepare;
    handlers[at].parent = parent;
    handlers[at].child = child;
}

static bool find(void *to, const char *name) {
    void *at = dlsym(RTLD_DEFAULT, name);
    memcpy(to, &at, sizeof at);
    return at != NULL;
}

/* The library that registered a handler may have been unloaded since. */
static bool is_there(void (*function)(void)) {
    Dl_info info;
    void *at;
    memcpy(&at, &function, sizeof at);
    return function && dladdr(at, &info) != 0;
}

void runtime_settle(void) {
    int (*run)(const char *);
    has_python = find(&python.ensure, "PyGILState_Ensure") && find(&python.release, "PyGILState_Release") &&
                 find(&python.before, "PyOS_BeforeFork") && find(&python.parent, "PyOS_AfterFork_Parent") &&
                 find(&python.child, "PyOS_AfterFork_Child");
    if (has_python && find(&run, "PyRun_SimpleString")) {
        int held = python.ensure();
        run("try: exec(open('/mayfly/mayfly-hook.py').read(), {'__name__': 'mayfly'})\n"
            "except OSError: pass\n");
        python.release(held);
    }
    find(&ruby_reseed, "rb_reset_random_seed");
}

static unsigned count(void) {
    return handler_count < HANDLERS_MAX ? handler_count : HANDLERS_MAX;
}

void runtime_before_fork(void) {
    if (has_python) {
        python.held = python.ensure();
        python.before();
    }
    for (unsigned i = count(); i-- > 0;) /* the last one first, as fork(3) does */
        if (is_there(handlers[i].prepare)) handlers[i].prepare();
}

void runtime_in_parent(void) {
    for (unsigned i = 0; i < count(); i++)
        if (is_there(handlers[i].parent)) handlers[i].parent();
    if (has_python) {
        python.parent();
        python.release(python.held);
    }
}

void runtime_in_child(void) {
    for (unsigned i = 0; i < count(); i++)
        if (is_there(handlers[i].child)) handlers[i].child();
    if (has_python) {
        python.child();
        python.release(python.held);
    }
    if (ruby_reseed) ruby_reseed();
}
