/* Runs all unit tests: unit [SEED [FUZZ_ITERATIONS]]. Prints the seed, so that a failure can be repeated. */
#include <stdlib.h>

#include "check.h"

int checks_passed, checks_failed;

void check(bool ok, const char *file, int line, const char *condition, const char *about) {
    if (ok) {
        checks_passed++;
        return;
    }
    checks_failed++;
    fprintf(stderr, "%s:%d: not so: %s %s\n", file, line, condition, about);
}

void check_text(const char *actual, const char *expected, const char *file, int line) {
    bool same = strcmp(actual, expected) == 0;
    check(same, file, line, "texts are equal", "");
    if (!same) fprintf(stderr, "  actual   %s\n  expected %s\n", actual, expected);
}

uint64_t dice_roll(struct dice *d, uint64_t below) {
    d->state ^= d->state >> 12;
    d->state ^= d->state << 25;
    d->state ^= d->state >> 27;
    return (d->state * 0x2545F4914F6CDD1Du >> 11) % below;
}

int main(int argc, char **argv) {
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    long iterations = argc > 2 ? atol(argv[2]) : 20000;
    if (seed == 0) seed = 1; /* the generator has no zero */
    test_life(seed);
    test_json();
    test_request();
    test_spec();
    test_status();
    test_text();
    test_processes();
    test_fuzz(seed, iterations);
    printf("seed %llu\n%d passed, %d failed\n", (unsigned long long)seed, checks_passed, checks_failed);
    return checks_failed != 0;
}
