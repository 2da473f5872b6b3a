#include <stdio.h>

#include "roles.h"

int probe_main(int argc, char **argv) {
    (void)argc;
    (void)argv;
    fputs("mayfly-monitor: role probe is not built yet\n", stderr);
    return 2;
}
