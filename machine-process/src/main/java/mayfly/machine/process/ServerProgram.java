package mayfly.machine.process;

import java.io.IOException;
import java.io.InputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import mayfly.machine.GuestError;
import mayfly.machine.InitFailedException;

/**
 * What a server's command starts, as far as its files tell: whether the hook can be loaded into it, and which runtime it is.
 *
 * @param command with scripts replaced by their interpreters
 * @param node whether it is Node.js
 */
record ServerProgram(List<String> command, boolean node) {
    private static final int SCRIPTS_MAX = 4;
    private static final int HEAD_BYTES = 64 * 1024;
    private static final List<Path> PATH = List.of(Path.of("/usr/local/bin"), Path.of("/usr/bin"), Path.of("/bin"));

    // elf.h
    private static final int ELF_MAGIC = 0x464C457F;
    private static final int CLASS_64 = 2;
    private static final int PT_INTERP = 3;
    private static final int PT_NOTE = 4;

    ServerProgram {
        command = List.copyOf(command);
    }

    /** @throws InitFailedException the hook cannot be loaded into it, by name */
    static ServerProgram of(List<String> program) throws InitFailedException {
        List<String> command = new ArrayList<>(program);
        for (int scripts = 0; scripts < SCRIPTS_MAX; scripts++) {
            Path file = Path.of(command.getFirst());
            ByteBuffer head = head(file);
            if (head.remaining() > 2 && head.get(0) == '#' && head.get(1) == '!') {
                List<String> interpreter = interpreter(head);
                command.addAll(0, interpreter);
            } else {
                requireDynamic(file, head);
                boolean node = file.getFileName().toString().matches("node(js)?");
                return new ServerProgram(command, node);
            }
        }
        throw refused("ProgramInvalid", program.getFirst() + " is a script of a script of a script");
    }

    private static ByteBuffer head(Path file) throws InitFailedException {
        try (InputStream in = Files.newInputStream(file)) {
            return ByteBuffer.wrap(in.readNBytes(HEAD_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        } catch (IOException e) {
            throw refused("ProgramInvalid", "the program " + file + " cannot be read: " + HostFailure.reason(e));
        }
    }

    /** "#!/usr/bin/env python3" is that program of PATH. */
    private static List<String> interpreter(ByteBuffer head) {
        String line = StandardCharsets.UTF_8
                .decode(head.slice(2, Math.min(254, head.remaining() - 2)))
                .toString()
                .split("\n", 2)[0]
                .strip();
        List<String> words = List.of(line.split("\\s+"));
        if (!words.getFirst().endsWith("/env") || words.size() < 2) {
            return words;
        }
        List<String> rest = words.subList(words.get(1).equals("-S") ? 2 : 1, words.size());
        List<String> found = new ArrayList<>(rest);
        PATH.stream()
                .map(directory -> directory.resolve(rest.getFirst()))
                .filter(Files::isExecutable)
                .findFirst()
                .ifPresent(path -> found.set(0, path.toString()));
        return found;
    }

    private static void requireDynamic(Path file, ByteBuffer head) throws InitFailedException {
        String loader = "";
        boolean go = false;
        try {
            if (head.getInt(0) != ELF_MAGIC || head.get(4) != CLASS_64) {
                throw refused("ProgramInvalid", file + " is neither a script nor a program of this processor");
            }
            int at = Math.toIntExact(head.getLong(32));
            int size = head.getShort(54);
            int count = head.getShort(56);
            for (int i = 0; i < count; i++) {
                int header = at + i * size;
                int type = head.getInt(header);
                if (type == PT_INTERP || type == PT_NOTE) {
                    ByteBuffer content =
                            head.slice(Math.toIntExact(head.getLong(header + 8)), (int) head.getLong(header + 32));
                    String text = StandardCharsets.ISO_8859_1.decode(content).toString();
                    loader = type == PT_INTERP ? text : loader;
                    go |= type == PT_NOTE && text.contains("\0Go\0");
                }
            }
        } catch (BufferUnderflowException | IndexOutOfBoundsException | ArithmeticException e) {
            throw refused("ProgramInvalid", file + " is not a program that we understand");
        }
        require(
                !go,
                "GoProgram",
                file,
                "is written in Go, whose programs wait for connections past libc and have threads");
        require(!loader.isEmpty(), "StaticProgram", file, "is statically linked, so nothing can be loaded into it");
        require(!loader.contains("ld-musl"), "MuslProgram", file, "is linked with musl, and our hook with glibc");
    }

    private static void require(boolean holds, String type, Path file, String what) throws InitFailedException {
        if (!holds) {
            throw refused(
                    type,
                    "the program " + file + " " + what
                            + ": it cannot serve in processes. Use a host with virtual machines"
                            + " (mayfly doctor says what is missing), or run it as a task (mayfly run)");
        }
    }

    private static InitFailedException refused(String type, String message) {
        return new InitFailedException(new GuestError(type, message, "", "", 0));
    }
}
