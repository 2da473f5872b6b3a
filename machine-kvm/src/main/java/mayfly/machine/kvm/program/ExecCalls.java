package mayfly.machine.kvm.program;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import mayfly.linux.Errno;
import mayfly.linux.ErrnoException;
import mayfly.machine.kvm.files.FileTree;
import mayfly.machine.kvm.files.Node;
import mayfly.machine.kvm.load.BadProgramException;
import mayfly.machine.kvm.load.FirstStack;
import mayfly.machine.kvm.load.ProgramFile;
import mayfly.machine.kvm.load.TreeImage;
import mayfly.machine.kvm.program.CallTable.Kind;
import org.jspecify.annotations.Nullable;

/** execve(2): which program, with which arguments. {@link Execution} lets it begin. */
final class ExecCalls {
    private static final int STRING_BYTES_MAX = 128 << 10;
    private static final int POINTER_BYTES = 8;

    private ExecCalls() {}

    static void addTo(CallTable table) {
        table.add(59, "execve", Kind.EMULATED, (p, a) -> execute(p, Paths.CURRENT, a[0], a[1], a[2], 0));
        table.add(322, "execveat", Kind.EMULATED, (p, a) -> execute(p, a[0], a[1], a[2], a[3], (int) a[4]));
    }

    private static long execute(Program program, long fd, long path, long arguments, long environment, int flags) {
        if ((flags & ~(Paths.EMPTY | Paths.NOFOLLOW)) != 0) {
            return -Errno.EINVAL;
        }
        try {
            String name = Paths.path(program, path);
            int[] left = {FirstStack.STRINGS_BYTES_MAX};
            List<String> argv = strings(program, arguments, left);
            List<String> env = argv == null ? null : strings(program, environment, left);
            if (argv == null || env == null) {
                return -Errno.E2BIG;
            }
            if (argv.isEmpty()) {
                argv.add("");
            }
            Node node = Paths.node(program, fd, name, flags);
            return execute(program, node, name, argv, env);
        } catch (BadProgramException e) {
            return -e.errno();
        } catch (ErrnoException e) {
            throw new IllegalStateException("a thread's registers cannot be set", e);
        }
    }

    /** The strings of an array of pointers; null: too long, or longer together than what is left. */
    private static @Nullable List<String> strings(Program program, long address, int[] left) {
        List<String> texts = new ArrayList<>();
        long pointer;
        for (long at = address; at != 0 && (pointer = program.space().getLong(at)) != 0; at += POINTER_BYTES) {
            byte[] text = program.space().readString(pointer, Math.min(STRING_BYTES_MAX, left[0]));
            if (text == null || (left[0] -= text.length + 1 + POINTER_BYTES) < 0) {
                return null;
            }
            texts.add(new String(text, StandardCharsets.ISO_8859_1));
        }
        return texts;
    }

    private static long execute(
            Program program, Node node, String name, List<String> arguments, List<String> environment)
            throws BadProgramException, ErrnoException {
        FileTree files = program.files();
        ProgramFile file = ProgramFile.find(files, node, name, arguments);
        try {
            FileTree.Started started =
                    new FileTree.Started(name, file.image().executable(), file.arguments(), environment);
            return new Execution(program, file.image(), started).begin(linker -> openLinker(files, linker));
        } finally {
            file.image().close();
        }
    }

    private static TreeImage openLinker(FileTree files, String path) throws BadProgramException {
        return TreeImage.open(files, files.node(files.workingDirectory(), path, true), path);
    }
}
