/* Answers with its payload: a native function on mayfly.h, which speaks the work channel itself. */
#include "mayfly.h"

static int handle(const mayfly_call *call, mayfly_result *result) {
    return mayfly_json(result, "%.*s", (int)call->size, (const char *)call->payload);
}

int main(void) { return mayfly_run(handle); }
