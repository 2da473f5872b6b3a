/* One static binary with several roles, so that one file is shipped and its pages are shared. */
#include <stdio.h>
#include <string.h>

#include "roles.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} roles[] = {
    {"spawner", spawner_main}, {"monitor", monitor_main}, {"sandbox", sandbox_main},
    {"init", init_main},       {"probe", probe_main},
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc > 1 && i < sizeof roles / sizeof *roles; i++)
        if (strcmp(argv[1], roles[i].name) == 0) return roles[i].run(argc - 1, argv + 1);
    fputs("usage: mayfly-monitor spawner|monitor|sandbox|init|probe ... (see monitor/PROTOCOL.md)\n", stderr);
    return 2;
}
