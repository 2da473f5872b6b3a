/* Counts requests on descriptor 3, and spoils as much as it can between them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int count;
static char big[64 << 12];

int main(void) {
    char in[64], out[96];
    volatile double x = 1.5;
    for (;;) {
        ssize_t n = read(3, in, sizeof in - 1);
        if (n <= 0) return 0;
        in[n] = 0;
        count++;
        x *= 2;
        for (int i = 0; i < 64; i++) big[i << 12]++;
        char *more = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (more == MAP_FAILED || more[4096] != 0) return 9;
        memset(more, 7, 1 << 20);
        if (mprotect(more, 4096, PROT_READ) != 0 || munmap(more + 8192, 1 << 19) != 0) return 8;
        int length = snprintf(out, sizeof out, "count=%d big=%d x=%.1f", count, big[0], x);
        if (write(3, out, (size_t)length) != length) return 1;
    }
}
