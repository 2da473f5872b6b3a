package mayfly.store.sqlite;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.util.LibraryLoaderUtil;

/**
 * Puts the engine's native library into a directory of ours once, and tells the driver where it is. By itself the driver
 * runs uname and unpacks it to /tmp at every start: about 100 ms of work, a place that may be mounted noexec or that others write to,
 * and a copy that a killed process leaves behind for ever.
 */
public final class SqliteLibrary {
    private static final String PATH = "org.sqlite.lib.path";
    private static final String UNPACK_TO = "org.sqlite.tmpdir";

    private SqliteLibrary() {}

    /** The first directory counts, for the whole process; a directory that the user chose by system property too. */
    public static synchronized void provide(Path directory) throws IOException {
        if (System.getProperty(PATH) != null || System.getProperty(UNPACK_TO) != null) {
            return;
        }
        Files.createDirectories(directory);
        String name = LibraryLoaderUtil.getNativeLibName();
        Path library = directory.resolve(SQLiteJDBCLoader.getVersion() + "-" + name);
        clean(directory, library);
        if (Files.exists(library) || unpack(name, library)) {
            System.setProperty("org.sqlite.lib.name", library.getFileName().toString());
            System.setProperty(PATH, directory.toAbsolutePath().toString());
        }
        // For platforms that the driver knows and we do not.
        System.setProperty(UNPACK_TO, directory.toAbsolutePath().toString());
    }

    /** Removes other versions, and what a killed process left. */
    private static void clean(Path directory, Path library) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> old = files.filter(file -> !file.equals(library)).toList();
            for (Path file : old) {
                Files.delete(file);
            }
        }
    }

    /** It has its name only when it is whole, power cuts included. False when the driver has none for this platform. */
    private static boolean unpack(String name, Path library) throws IOException {
        // Only here: to find out about the platform, the driver runs uname.
        String resource = LibraryLoaderUtil.getNativeLibResourcePath() + "/" + name;
        try (InputStream in = SQLiteJDBCLoader.class.getResourceAsStream(resource)) {
            if (in == null) {
                return false;
            }
            Path part = library.resolveSibling(library.getFileName() + ".part");
            Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
            try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(part, library, StandardCopyOption.ATOMIC_MOVE);
            return true;
        }
    }
}
