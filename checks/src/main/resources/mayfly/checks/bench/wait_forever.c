/* Waits until it is killed, with as little memory as a process can have. */
#include <unistd.h>

int main(void) {
    for (;;) pause();
}
