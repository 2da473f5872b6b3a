package mayfly.machine.kvm.files;

import mayfly.machine.kvm.files.DeviceNode.Kind;

/** What every tree has besides the host's files: places for the program's own, /dev, /etc, /proc and /sys. */
final class SystemFiles {
    private SystemFiles() {}

    /** @param hosts lines of /etc/hosts besides the machine's own */
    static void add(TreeBuilder tree, String hosts) {
        tree.open("/tmp");
        tree.open("/var/tmp");
        tree.open("/run");
        tree.link("/var/run", "/run");
        devices(tree);
        settings(tree, hosts);
        ProcessFiles.add(tree);
        MachineFiles.add(tree);
        ProcessFiles.cover(tree);
    }

    private static void devices(TreeBuilder tree) {
        tree.open("/dev/shm");
        for (Kind kind : Kind.values()) {
            String path = "/dev/" + kind.name().toLowerCase(java.util.Locale.ROOT);
            tree.mount(path, new DeviceNode(path, kind));
        }
        tree.link("/dev/fd", "/proc/self/fd");
        tree.link("/dev/stdin", "/proc/self/fd/0");
        tree.link("/dev/stdout", "/proc/self/fd/1");
        tree.link("/dev/stderr", "/proc/self/fd/2");
    }

    private static void settings(TreeBuilder tree, String hosts) {
        tree.text("/etc/passwd", """
                root:x:0:0:root:/:/bin/sh
                mayfly:x:1000:1000:mayfly:/tmp:/bin/sh
                nobody:x:65534:65534:nobody:/:/bin/sh
                """);
        tree.text("/etc/group", """
                root:x:0:
                mayfly:x:1000:
                nogroup:x:65534:
                """);
        tree.text("/etc/hosts", """
                127.0.0.1 localhost mayfly
                ::1 localhost mayfly
                """ + hosts);
        tree.text("/etc/hostname", "mayfly\n");
        tree.text("/etc/host.conf", "multi on\n");
        tree.text("/etc/resolv.conf", "");
        tree.text("/etc/nsswitch.conf", """
                passwd: files
                group: files
                hosts: files dns
                services: files
                protocols: files
                """);
        tree.link("/etc/mtab", "/proc/self/mounts");
    }
}
