/* A native function in its simplest form: payload on standard input, result on standard output. */
#include <stdio.h>

int main(void) {
    char payload[4096];
    size_t length = fread(payload, 1, sizeof payload - 1, stdin);
    payload[length] = 0;
    fprintf(stderr, "%zu bytes came in\n", length);
    printf("{\"message\": \"Hello from C\", \"you_sent\": %s}", length ? payload : "null");
    return 0;
}
