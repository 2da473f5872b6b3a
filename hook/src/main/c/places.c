#include "places.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include "copy.h"
#include "hook.h"
#include "procfs.h"
#include "text.h"

/* Where the new /tmp is put together: /proc of the template is of no use to a machine, and gets a new one over it. */
#define WORKSHOP "/proc"

enum { MOUNTS_MAX = 64, PATH_MAX_ = 512, OWN_FLAGS = MS_NOSUID | MS_NODEV };
/* Each machine copies it: what takes long belongs elsewhere. */
static const struct copy_size at_most = {.bytes = 16 << 20, .entries = 1000};

static struct {
    bool is_empty;
    unsigned count;
    char mount[MOUNTS_MAX][PATH_MAX_]; /* below /tmp, the outer ones first */
} tmp;

/* /proc/self/mountinfo: id parent major:minor root MOUNTPOINT options ... with \040 for spaces. */
static bool note(char *line) {
    for (int field = 0; field < 4; field++) {
        line = strchr(line, ' ');
        if (!line) return true;
        line++;
    }
    line[strcspn(line, " ")] = 0;
    if (strncmp(line, "/tmp/", 5) != 0) return true;
    if (tmp.count == MOUNTS_MAX || strlen(line) >= PATH_MAX_ || strchr(line, '\\')) return false;
    strcpy(tmp.mount[tmp.count++], line);
    return true;
}

bool places_plan(void) {
    static char text[64 * 1024];
    tmp.count = 0;
    long length = procfs_read("/proc/self/mountinfo", text, sizeof text);
    if (length < 0 || length == sizeof text - 1) return false;
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = 0;
        if (!note(line)) return false;
    }
    struct copy_size size;
    if (!copy_measure("/tmp", &size, at_most)) return false;
    tmp.is_empty = size.entries == 0;
    return true;
}

static int mount_tmpfs(const char *at) {
    char options[64];
    struct text t = text_in(options, sizeof options);
    text_add(&t, "mode=1777,nr_inodes=16384,size=");
    text_number(&t, (int64_t)hook.settings.tmp_bytes);
    return mount("tmp", at, "tmpfs", OWN_FLAGS, options) == 0 ? 0 : errno;
}

/* Their places are there: the files below them show where they are mounted. */
static int move_mounts(void) {
    char to[PATH_MAX_ + sizeof WORKSHOP];
    for (unsigned i = 0; i < tmp.count; i++) {
        struct text t = text_in(to, sizeof to);
        text_add(&t, WORKSHOP);
        text_add(&t, tmp.mount[i] + sizeof "/tmp" - 1);
        if (mount(tmp.mount[i], to, NULL, MS_MOVE, NULL) != 0 && errno != EINVAL) return errno; /* went along with an outer one */
    }
    return 0;
}

int places_renew(void) {
    if (tmp.is_empty) return mount_tmpfs("/tmp");
    int error = mount_tmpfs(WORKSHOP);
    if (error == 0) error = copy_tree("/tmp", WORKSHOP);
    if (error == 0) error = move_mounts();
    if (error == 0 && mount(WORKSHOP, "/tmp", NULL, MS_MOVE, NULL) != 0) error = errno;
    return error;
}
