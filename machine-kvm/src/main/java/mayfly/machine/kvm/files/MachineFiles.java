package mayfly.machine.kvm.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.regex.Pattern;
import mayfly.machine.kvm.memory.GuestRam;

/** What /proc and /sys show of the machine: one processor and its memory. */
final class MachineFiles {
    private static final Pattern COUNTS = Pattern.compile("(?m)^(siblings|cpu cores)\\s*:.*$");

    private MachineFiles() {}

    static void add(TreeBuilder tree) {
        tree.text("/proc/cpuinfo", _ -> PROCESSOR);
        tree.text("/proc/meminfo", ProcessFiles.of((_, p) -> memory(p)));
        tree.text(
                "/proc/stat",
                _ -> "cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\nctxt 0\nbtime " + STARTED_SECONDS
                        + "\nprocesses 2\nprocs_running 1\nprocs_blocked 0\n");
        tree.text("/proc/uptime", _ -> upSeconds() + ".00 0.00\n");
        tree.text("/proc/loadavg", _ -> "0.00 0.00 0.00 1/1 2\n");
        tree.text("/proc/version", "Linux version 6.1.0 (mayfly) #1 SMP Mayfly\n");
        tree.text("/proc/filesystems", "nodev\tproc\nnodev\ttmpfs\n");
        tree.text("/proc/cmdline", "\n");
        tree.link("/proc/mounts", "self/mounts");
        tree.text("/proc/sys/kernel/osrelease", "6.1.0\n");
        tree.text("/proc/sys/kernel/ostype", "Linux\n");
        tree.text("/proc/sys/kernel/hostname", "mayfly\n");
        tree.text("/proc/sys/kernel/version", "#1 SMP Mayfly\n");
        tree.text("/proc/sys/kernel/pid_max", "32768\n");
        tree.text("/proc/sys/kernel/threads-max", "1024\n");
        tree.text("/proc/sys/kernel/cap_last_cap", "40\n");
        tree.text("/proc/sys/kernel/ngroups_max", "65536\n");
        tree.text("/proc/sys/kernel/randomize_va_space", "0\n");
        tree.text("/proc/sys/kernel/random/boot_id", UUID.randomUUID() + "\n");
        tree.text("/proc/sys/kernel/random/uuid", _ -> UUID.randomUUID() + "\n");
        tree.text("/proc/sys/vm/overcommit_memory", "0\n");
        tree.text("/proc/sys/vm/max_map_count", "65530\n");
        tree.text("/proc/sys/vm/mmap_min_addr", "65536\n");
        tree.text("/proc/sys/fs/file-max", "4096\n");
        tree.text("/proc/sys/fs/nr_open", "4096\n");
        tree.text("/proc/sys/fs/pipe-max-size", "1048576\n");
        tree.text("/proc/sys/net/core/somaxconn", "4096\n");
        for (String name : new String[] {"online", "possible", "present"}) {
            tree.text("/sys/devices/system/cpu/" + name, "0\n");
        }
        tree.directory("/sys/devices/system/cpu/cpu0");
        tree.text("/sys/devices/system/node/online", "0\n");
        tree.text("/sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n");
        tree.text("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "2097152\n");
    }

    private static final long STARTED_SECONDS = System.currentTimeMillis() / 1000;
    private static final String PROCESSOR = processor();

    private static long upSeconds() {
        return System.currentTimeMillis() / 1000 - STARTED_SECONDS + 1;
    }

    /** The host's first processor: programs see its identification anyway. */
    private static String processor() {
        try {
            String all = Files.readString(Path.of("/proc/cpuinfo"));
            int end = all.indexOf("\n\n");
            return COUNTS.matcher(end < 0 ? all : all.substring(0, end + 2)).replaceAll("$1\t: 1");
        } catch (IOException unreadable) {
            return "processor\t: 0\n\n";
        }
    }

    private static String memory(ShownProcess process) {
        GuestRam ram = process.space().ram();
        long total = (long) ram.pages() * (GuestRam.PAGE / 1024);
        long free = (long) ram.available() * (GuestRam.PAGE / 1024);
        return """
                MemTotal:       %8d kB
                MemFree:        %8d kB
                MemAvailable:   %8d kB
                Buffers:               0 kB
                Cached:                0 kB
                SwapCached:            0 kB
                SwapTotal:             0 kB
                SwapFree:              0 kB
                Shmem:                 0 kB
                CommitLimit:    %8d kB
                Committed_AS:   %8d kB
                HugePages_Total:       0
                HugePages_Free:        0
                Hugepagesize:       2048 kB
                """.formatted(total, free, free, total, total - free);
    }
}
