/* Makes the calls that standard input names, one on a line, and prints what each gave. With an argument it first goes
 * into that directory as a chroot(2) and becomes user 1000. Fields are separated by tabs; paths may be empty. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void status(const char *call, int result, const struct stat *s) {
    if (result < 0) {
        printf("%s %d\n", call, errno);
    } else if (S_ISDIR(s->st_mode)) {
        printf("%s dir %o\n", call, s->st_mode & 07777);
    } else {
        printf("%s %o %ld %ld\n", call, s->st_mode, (long)s->st_nlink, (long)s->st_size);
    }
}

static int compare(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

static void list(const char *path) {
    DIR *d = opendir(path);
    if (d == NULL) {
        printf("list %d\n", errno);
        return;
    }
    char *names[1000];
    int n = 0;
    for (struct dirent *e = readdir(d); e != NULL && n < 1000; e = readdir(d)) {
        names[n] = strdup(e->d_name);
        n++;
    }
    closedir(d);
    qsort(names, n, sizeof names[0], compare);
    for (int i = 0; i < n; i++) {
        if (strcmp(names[i], "data") == 0) {
            printf("list top\n"); /* where the machine has more */
            return;
        }
    }
    printf("list");
    for (int i = 0; i < n; i++) {
        printf(" %s", names[i]);
    }
    printf("\n");
}

static void open_it(const char *path, int flags) {
    int fd = open(path, flags, 0666);
    if (fd < 0) {
        printf("open %d\n", errno);
        return;
    }
    struct stat s;
    char text[16] = "";
    int access = flags & O_ACCMODE;
    if (!(flags & O_PATH) && access != O_RDONLY && write(fd, "hello", 5) != 5) {
        printf("write %d ", errno);
    }
    if (!(flags & O_PATH) && access != O_WRONLY && pread(fd, text, sizeof text - 1, 0) < 0) {
        printf("read %d ", errno);
    }
    printf("open %s ", text);
    status("fstat", fstat(fd, &s), &s);
    close(fd);
}

static void simple(const char *call, int result) { printf("%s %d\n", call, result < 0 ? errno : 0); }

int main(int argc, char **argv) {
    static char line[20000], text[5000];
    if (argc > 1 && (chroot(argv[1]) != 0 || chdir("/") != 0 || setgroups(0, NULL) != 0 || setresgid(1000, 1000, 1000) != 0
                     || setresuid(1000, 1000, 1000) != 0)) {
        perror("chroot");
        return 1;
    }
    umask(022);
    int here = open("/tmp", O_PATH | O_DIRECTORY);
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = 0;
        char *rest = line;
        char *call = strsep(&rest, "\t"), *a = strsep(&rest, "\t"), *b = strsep(&rest, "\t");
        struct stat s;
        if (strcmp(call, "stat") == 0) {
            status(call, stat(a, &s), &s);
        } else if (strcmp(call, "lstat") == 0) {
            status(call, lstat(a, &s), &s);
        } else if (strcmp(call, "statat") == 0) {
            status(call, fstatat(here, a, &s, AT_EMPTY_PATH | atoi(b)), &s);
        } else if (strcmp(call, "open") == 0) {
            open_it(a, (int)strtol(b, NULL, 8));
        } else if (strcmp(call, "list") == 0) {
            list(a);
        } else if (strcmp(call, "readlink") == 0) {
            ssize_t n = readlink(a, text, sizeof text - 1);
            text[n < 0 ? 0 : n] = 0;
            printf("readlink %d %s\n", n < 0 ? errno : 0, text);
        } else if (strcmp(call, "chdir") == 0) {
            simple(call, chdir(a));
            printf("at %s\n", getcwd(text, sizeof text) != NULL ? text : strerror(errno));
        } else if (strcmp(call, "access") == 0) {
            simple(call, access(a, atoi(b)));
        } else if (strcmp(call, "mkdir") == 0) {
            simple(call, mkdir(a, 0777));
        } else if (strcmp(call, "rmdir") == 0) {
            simple(call, rmdir(a));
        } else if (strcmp(call, "unlink") == 0) {
            simple(call, unlink(a));
        } else if (strcmp(call, "rename") == 0) {
            simple(call, rename(a, b));
        } else if (strcmp(call, "link") == 0) {
            simple(call, link(a, b));
        } else if (strcmp(call, "symlink") == 0) {
            simple(call, symlink(a, b));
        } else if (strcmp(call, "truncate") == 0) {
            simple(call, truncate(a, atol(b)));
        } else if (strcmp(call, "chmod") == 0) {
            simple(call, chmod(a, (int)strtol(b, NULL, 8)));
        } else {
            printf("what is %s?\n", call);
        }
    }
    return 0;
}
