package mayfly.machine.kvm.files;

import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.function.Function;
import mayfly.machine.kvm.memory.GuestRam;
import mayfly.machine.kvm.memory.Region;
import org.jspecify.annotations.Nullable;

/** What /proc shows of a process: the directory of whoever looks, which {@link ProcessesNode} makes all others of. */
final class ProcessFiles {
    /** As {@code Program.PID}: what the first process is called, and in the tree whoever looks. */
    private static final int PID = 2;

    private static final String NO_CAPABILITIES =
            "CapInh:\t0\nCapPrm:\t0\nCapEff:\t0\nCapBnd:\t0\nCapAmb:\t0\n".replace("0", "0000000000000000");

    private static final String HOME = "/proc/" + PID;
    private static final int NAME_MAX = 15;

    private ProcessFiles() {}

    static void add(TreeBuilder tree) {
        tree.mount("/proc/self", new LinkNode("/proc/self", ProcessFiles::own, _ -> null));
        tree.mount("/proc/thread-self", new LinkNode("/proc/thread-self", t -> own(t) + "/task/" + own(t), _ -> null));
        link(tree, "exe", t -> t.started().executable());
        link(tree, "root", _ -> "/");
        tree.mount(
                HOME + "/cwd",
                new LinkNode(HOME + "/cwd", t -> t.path(t.workingDirectory()), FileTree::workingDirectory));
        tree.mount(HOME + "/fd", new DescriptorsNode(HOME + "/fd"));
        tree.text(HOME + "/cmdline", t -> zeroes(t.started().arguments()));
        tree.text(HOME + "/environ", t -> zeroes(t.started().environment()));
        tree.text(HOME + "/comm", t -> name(t) + "\n");
        text(tree, "maps", (_, p) -> maps(p));
        text(tree, "stat", (t, p) -> stat(t, p, p.id()));
        text(tree, "statm", (_, p) -> statm(p));
        text(tree, "status", (t, p) -> status(t, p, p.id()));
        tree.text(HOME + "/cgroup", "0::/\n");
        tree.text(HOME + "/limits", LIMITS);
        tree.text(HOME + "/oom_score_adj", "0\n");
        tree.text(HOME + "/mounts", MOUNTS);
        tree.text(HOME + "/mountinfo", MOUNTINFO);
        tree.mount(HOME + "/task", new ThreadsNode(HOME + "/task"));
    }

    /** When all of /proc is there. */
    static void cover(TreeBuilder tree) {
        tree.cover("/proc", always -> new ProcessesNode(always, Integer.toString(PID)));
    }

    private static String own(FileTree tree) {
        ShownProcess process = tree.process();
        return Integer.toString(process == null ? PID : process.id());
    }

    private static final String LIMITS = """
            Limit                     Soft Limit           Hard Limit           Units
            Max stack size            8388608              8388608              bytes
            Max open files            4096                 4096                 files
            """;
    private static final String MOUNTS = """
            mayfly / tmpfs ro,nosuid,nodev 0 0
            proc /proc proc ro,nosuid,nodev,noexec 0 0
            tmpfs /tmp tmpfs rw,nosuid,nodev 0 0
            tmpfs /dev/shm tmpfs rw,nosuid,nodev 0 0
            """;
    private static final String MOUNTINFO = """
            1 0 0:30 / / ro,nosuid,nodev - tmpfs mayfly ro
            2 1 0:31 / /proc ro,nosuid,nodev,noexec - proc proc ro
            3 1 0:30 /tmp /tmp rw,nosuid,nodev - tmpfs tmpfs rw
            4 1 0:30 /dev/shm /dev/shm rw,nosuid,nodev - tmpfs tmpfs rw
            """;

    private static void link(TreeBuilder tree, String name, Function<FileTree, String> target) {
        tree.mount(HOME + "/" + name, new LinkNode(HOME + "/" + name, target, _ -> null));
    }

    private static void text(TreeBuilder tree, String name, BiFunction<FileTree, ShownProcess, String> text) {
        tree.text(HOME + "/" + name, of(text));
    }

    /** Nothing as long as no program is shown. */
    static Function<FileTree, String> of(BiFunction<FileTree, ShownProcess, String> text) {
        return tree -> {
            @Nullable ShownProcess process = tree.process();
            return process == null ? "" : text.apply(tree, process);
        };
    }

    private static String zeroes(List<String> strings) {
        StringBuilder text = new StringBuilder();
        for (String string : strings) {
            text.append(string).append('\0');
        }
        return text.toString();
    }

    static String name(FileTree tree) {
        String path = tree.started().path();
        String name = path.substring(path.lastIndexOf('/') + 1);
        return name.substring(0, Math.min(NAME_MAX, name.length()));
    }

    /** Of tens of thousands of regions, with long names, not all are shown. */
    private static final int MAPS_CHARS_MAX = 1 << 20;

    private static String maps(ShownProcess process) {
        StringBuilder text = new StringBuilder();
        for (Region region : process.space().regions()) {
            if (text.length() > MAPS_CHARS_MAX) {
                break;
            }
            int protection = region.protection();
            String line = String.format(
                    Locale.ROOT,
                    "%08x-%08x %c%c%c%c %08x 00:00 %d",
                    region.start(),
                    region.end(),
                    (protection & Region.READ) != 0 ? 'r' : '-',
                    (protection & Region.WRITE) != 0 ? 'w' : '-',
                    (protection & Region.EXECUTE) != 0 ? 'x' : '-',
                    region.shared() ? 's' : 'p',
                    region.backing() == null ? 0 : region.offset(),
                    region.backing() == null ? 0 : FileTree.systemInode(region.name()));
            text.append(line);
            if (!region.name().isEmpty()) {
                text.append(" ".repeat(Math.max(1, 73 - line.length()))).append(region.name());
            }
            text.append('\n');
        }
        return text.toString();
    }

    private static long mapped(ShownProcess process) {
        long bytes = 0;
        for (Region region : process.space().regions()) {
            bytes += region.end() - region.start();
        }
        return bytes;
    }

    private static long resident(ShownProcess process) {
        GuestRam ram = process.space().ram();
        return (long) (ram.pages() - ram.available()) * GuestRam.PAGE;
    }

    /** As proc_pid_stat(5): 52 fields, of which few mean something here. */
    static String stat(FileTree tree, ShownProcess process, int thread) {
        long stack = 0;
        for (Region region : process.space().regions()) {
            if (region.name().equals("[stack]")) {
                stack = region.end() - GuestRam.PAGE;
            }
        }
        return thread + " (" + name(tree) + ") " + process.state() + " " + process.parent() + " " + process.group()
                + " "
                + process.session() + " 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 "
                + process.threads().length + " 0 1 " + mapped(process) + " " + resident(process) / GuestRam.PAGE
                + " 18446744073709551615 0 0 " + stack + " 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n";
    }

    private static String statm(ShownProcess process) {
        long resident = resident(process) / GuestRam.PAGE;
        return mapped(process) / GuestRam.PAGE + " " + resident + " 0 0 0 " + resident + " 0\n";
    }

    private static String state(ShownProcess process) {
        return switch (process.state()) {
            case 'R' -> "R (running)";
            case 'Z' -> "Z (zombie)";
            default -> "S (sleeping)";
        };
    }

    static String status(FileTree tree, ShownProcess process, int thread) {
        return "Name:\t" + name(tree) + "\nUmask:\t0022\nState:\t" + state(process) + "\nTgid:\t" + process.id()
                + "\nNgid:\t0\nPid:\t"
                + thread + "\nPPid:\t" + process.parent()
                + "\nTracerPid:\t0\nUid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\n"
                + "FDSize:\t64\nGroups:\t\nVmPeak:\t" + mapped(process) / 1024 + " kB\nVmSize:\t"
                + mapped(process) / 1024 + " kB\nVmHWM:\t" + resident(process) / 1024 + " kB\nVmRSS:\t"
                + resident(process) / 1024 + " kB\nThreads:\t" + process.threads().length
                + "\nSigQ:\t0/1000\n" + NO_CAPABILITIES
                + "NoNewPrivs:\t1\nSeccomp:\t2\nCpus_allowed:\t1\nCpus_allowed_list:\t0\n"
                + "Mems_allowed:\t1\nMems_allowed_list:\t0\n";
    }
}
