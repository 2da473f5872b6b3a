#include <stdio.h>

#include "roles.h"

int init_main(int argc, char **argv) {
    (void)argc;
    (void)argv;
    fputs("mayfly-monitor: role init is not built yet\n", stderr);
    return 2;
}
