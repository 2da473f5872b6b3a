#include "waiting.h"

#include "machine.h"
#include "template.h"
#include "warm.h"

enum { SLICE_NS = 10 * 1000 * 1000 };

static int64_t shorter(int64_t a, int64_t b) {
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* Until nothing is left to do for the program but to serve connections. Returns what it gets, or 0 with MACHINE. */
static int until_waiting_point(struct wait *w) {
    int64_t began = monotonic_ns();
    for (;;) {
        int64_t left = w->timeout_ns < 0 ? -1 : w->timeout_ns - (monotonic_ns() - began);
        if (w->timeout_ns >= 0 && left <= 0) return 0; /* its own timers come first; it will ask again */
        enum warmth warmth = warm_step();
        if (warmth == WARM) break;
        int ready = w->attempt(w, warmth == WARM_BUSY ? shorter(left, SLICE_NS) : 0);
        if (ready != 0) return ready;
    }
    template_run(); /* returns in a machine only */
    return 0;
}

int hook_wait(struct wait *w) {
    if (hook.mode == STARTING && w->timeout_ns != 0 && w->listens(w)) {
        int ready = w->attempt(w, 0); /* first what is there already */
        if (ready == 0) ready = until_waiting_point(w);
        if (ready != 0 || hook.mode != MACHINE) return ready;
    }
    return hook.mode == MACHINE ? machine_wait(w) : w->attempt(w, w->timeout_ns);
}
