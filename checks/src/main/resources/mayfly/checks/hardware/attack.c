/* One forbidden thing, named by the argument; whoever gets through it exits with 77. */
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    if (!strcmp(what, "out")) __asm__ volatile("outb %%al, $0x21" ::: "memory");
    else if (!strcmp(what, "cli")) __asm__ volatile("cli");
    else if (!strcmp(what, "hlt")) __asm__ volatile("hlt");
    else if (!strcmp(what, "cr3")) __asm__ volatile("mov %%rax, %%cr3" ::: "rax");
    else if (!strcmp(what, "ud2")) __asm__ volatile("ud2");
    else if (!strcmp(what, "null")) *(volatile int *)8 = 1;
    else if (!strcmp(what, "text")) *(volatile char *)main = 1;
    else if (!strcmp(what, "kernel")) (void)*(volatile char *)0xffff800000001000;
    else if (!strcmp(what, "div")) __asm__ volatile("xor %%ecx, %%ecx; xor %%edx, %%edx; idivl %%ecx" ::: "eax", "ecx", "edx");
    else if (!strcmp(what, "loop")) for (;;) __asm__ volatile("");
    else return 66;
    return 77;
}
