package mayfly.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import mayfly.base.Limits;

/** Packs a function's files. The same files give the same bytes, whenever and wherever they are packed. */
final class CodeDirectory {
    /** Zip cannot say earlier; a time of its own would make equal code differ. */
    private static final LocalDateTime TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

    private CodeDirectory() {}

    /** A zip of all files that are not ignored, by path. */
    static byte[] pack(Path directory) throws CliException, IOException {
        Path ignoreFile = directory.resolve(".mayflyignore");
        IgnoreRules rules = new IgnoreRules(Files.exists(ignoreFile) ? Files.readAllLines(ignoreFile) : List.of());
        SortedMap<String, Path> files = new TreeMap<>();
        collect(directory, directory, rules, files);
        if (files.isEmpty()) {
            throw new CliException(Exit.USAGE, "there is nothing to deploy in " + directory);
        }
        return zip(files);
    }

    /** A zip of one file under the given name. */
    static byte[] pack(Path file, String name) throws CliException, IOException {
        return zip(new TreeMap<>(Map.of(name, file)));
    }

    private static void collect(Path top, Path directory, IgnoreRules rules, SortedMap<String, Path> files)
            throws CliException, IOException {
        List<Path> entries;
        try (Stream<Path> listed = Files.list(directory)) {
            entries = listed.sorted().toList();
        }
        for (Path entry : entries) {
            String path = top.relativize(entry).toString();
            boolean isDirectory = Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS);
            if (rules.ignores(path, isDirectory)) {
                continue;
            }
            if (isDirectory) {
                collect(top, entry, rules, files);
            } else if (Files.isSymbolicLink(entry)) {
                files.put(path, linked(top, entry));
            } else if (Files.isRegularFile(entry)) {
                files.put(path, entry);
            } else {
                throw new CliException(Exit.USAGE, entry + " is not a file; name it in .mayflyignore to leave it out");
            }
            if (files.size() > Limits.ARCHIVE_FILES_MAX) {
                throw new CliException(
                        Exit.USAGE,
                        directory + " holds more than " + Limits.ARCHIVE_FILES_MAX
                                + " files; leave some out with .mayflyignore");
            }
        }
    }

    /** A link is deployed as the file it leads to, which has to be among the deployed ones' directories. */
    private static Path linked(Path top, Path link) throws CliException, IOException {
        Path target = Files.exists(link) ? link.toRealPath() : link;
        if (!Files.isRegularFile(target) || !target.startsWith(top.toRealPath())) {
            throw new CliException(
                    Exit.USAGE,
                    link + " does not lead to a file inside " + top + "; name it in .mayflyignore to leave it out");
        }
        return target;
    }

    private static byte[] zip(SortedMap<String, Path> files) throws CliException, IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        long total = 0;
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, Path> file : files.entrySet()) {
                total += Files.size(file.getValue());
                if (total > Limits.ARTIFACT_BYTES_MAX) {
                    throw new CliException(
                            Exit.USAGE,
                            "the files are over " + Limits.ARTIFACT_BYTES_MAX / Limits.MIB + " MiB in all (at "
                                    + file.getKey() + "); leave some out with .mayflyignore");
                }
                ZipEntry entry = new ZipEntry(file.getKey());
                entry.setTimeLocal(TIME);
                zip.putNextEntry(entry);
                Files.copy(file.getValue(), zip);
                zip.closeEntry();
            }
        }
        return bytes.toByteArray();
    }
}
