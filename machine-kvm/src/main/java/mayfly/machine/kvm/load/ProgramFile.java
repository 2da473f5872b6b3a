package mayfly.machine.kvm.load;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import mayfly.linux.Errno;
import mayfly.machine.kvm.files.FileTree;
import mayfly.machine.kvm.files.Node;

/**
 * The file that runs when a program is asked for: itself, or a script's interpreter with other arguments. Strings have one
 * char for each byte.
 *
 * @param image to be closed when it is loaded
 */
public record ProgramFile(TreeImage image, List<String> arguments) {
    /** How much of a script's first line counts. */
    private static final int LINE_BYTES = 256;
    /** Scripts whose interpreters are scripts. */
    private static final int SCRIPTS_MAX = 5;

    /**
     * Finds it.
     *
     * @param path by which the node was found
     * @param arguments argv, at least one
     */
    public static ProgramFile find(FileTree files, Node node, String path, List<String> arguments)
            throws BadProgramException {
        Node file = node;
        String name = path;
        List<String> argv = arguments;
        for (int scripts = 0; scripts <= SCRIPTS_MAX; scripts++) {
            TreeImage image = TreeImage.open(files, file, name);
            boolean found = false;
            try {
                List<String> interpreter = interpreter(name, image.head(LINE_BYTES));
                found = interpreter.isEmpty();
                if (found) {
                    return new ProgramFile(image, argv);
                }
                List<String> words = new ArrayList<>(interpreter);
                words.add(name);
                words.addAll(argv.subList(1, argv.size()));
                argv = words;
                name = interpreter.getFirst();
                file = files.node(files.workingDirectory(), name, true);
            } finally {
                if (!found) {
                    image.close();
                }
            }
        }
        throw new BadProgramException(path, "is a script of a script of a script", Errno.ELOOP);
    }

    /** What a script's first line names: a program and at most one argument; empty when it is no script. */
    private static List<String> interpreter(String path, byte[] head) throws BadProgramException {
        if (head.length < 2 || head[0] != '#' || head[1] != '!') {
            return List.of();
        }
        String text = new String(head, StandardCharsets.ISO_8859_1);
        int end = text.indexOf('\n');
        String line = text.substring(2, end < 0 ? text.length() : end).strip();
        int space = 0;
        while (space < line.length() && line.charAt(space) != ' ' && line.charAt(space) != '\t') {
            space++;
        }
        if (space == 0 || (end < 0 && head.length == LINE_BYTES && space == line.length())) {
            throw new BadProgramException(path, "names no interpreter in its first line");
        }
        String argument = line.substring(space).strip();
        return argument.isEmpty() ? List.of(line.substring(0, space)) : List.of(line.substring(0, space), argument);
    }
}
