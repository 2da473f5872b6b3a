#include <stdio.h>

#include "roles.h"

int sandbox_main(int argc, char **argv) {
    (void)argc;
    (void)argv;
    fputs("mayfly-monitor: role sandbox is not built yet\n", stderr);
    return 2;
}
