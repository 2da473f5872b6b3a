#include <stdio.h>

#include "roles.h"

int monitor_main(int argc, char **argv) {
    (void)argc;
    (void)argv;
    fputs("mayfly-monitor: role monitor is not built yet\n", stderr);
    return 2;
}
