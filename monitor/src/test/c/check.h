/* A test harness of four lines: a check counts, and says where it failed. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

extern int checks_passed, checks_failed;

#define CHECK(condition) check(condition, __FILE__, __LINE__, #condition, "")
#define CHECK_ABOUT(condition, what) check(condition, __FILE__, __LINE__, #condition, what)
#define CHECK_TEXT(actual, expected) check_text(actual, expected, __FILE__, __LINE__)

void check(bool ok, const char *file, int line, const char *condition, const char *about);
void check_text(const char *actual, const char *expected, const char *file, int line);

/* A small generator, so that a seed gives the same run everywhere (xorshift64*). */
struct dice {
    uint64_t state;
};
uint64_t dice_roll(struct dice *d, uint64_t below);

void test_life(uint64_t seed);
void test_json(void);
void test_request(void);
void test_spec(void);
void test_status(void);
void test_text(void);
void test_processes(void);
void test_fuzz(uint64_t seed, long iterations);
