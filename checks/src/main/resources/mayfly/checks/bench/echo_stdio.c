/* Copies its standard input to its standard output: a native function in its simplest form. */
#include <unistd.h>

int main(void) {
    char buffer[65536];
    ssize_t count;
    while ((count = read(0, buffer, sizeof buffer)) > 0)
        if (write(1, buffer, (size_t)count) != count) return 1;
    return count < 0;
}
