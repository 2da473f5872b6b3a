/* One static binary with several roles, so that one file is shipped and its pages are shared. */
#include <string.h>
#include <unistd.h>

#include "roles.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} roles[] = {
    {"spawner", spawner_main}, {"monitor", monitor_main}, {"sandbox", sandbox_main},
    {"init", init_main},       {"probe", probe_main},     {"stdio-agent", stdio_agent_main},
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc > 1 && i < sizeof roles / sizeof *roles; i++)
        if (strcmp(argv[1], roles[i].name) == 0) return roles[i].run(argc - 1, argv + 1);
    static const char usage[] = "usage: mayfly-monitor spawner|monitor|sandbox|init|probe|stdio-agent ... (see monitor/PROTOCOL.md)\n";
    return write(2, usage, sizeof usage - 1) < 0 ? 3 : 2;
}
