#include <stdio.h>

#include "roles.h"

int spawner_main(int argc, char **argv) {
    (void)argc;
    (void)argv;
    fputs("mayfly-monitor: role spawner is not built yet\n", stderr);
    return 2;
}
