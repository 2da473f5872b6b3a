package mayfly.node;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import mayfly.base.ErrorCode;
import mayfly.base.Limits;
import mayfly.base.RefusedException;

/**
 * Reads a function's archive, zip or tar.gz, entry by entry. Hostile input: names that leave the directory, links,
 * devices, bombs and broken archives are refused with the entry's name; nothing is written here.
 */
final class CodeArchive {
    private CodeArchive() {}

    /** Receives one regular file; {@code path} is relative, normal and without "..". */
    interface Entries {
        void file(String path, byte[] bytes, boolean executable) throws IOException;
    }

    static void read(byte[] archive, Entries entries) throws RefusedException, IOException {
        Budget budget = new Budget();
        try {
            read(archive, budget, (path, bytes, executable) -> {
                try {
                    entries.file(path, bytes, executable);
                } catch (IOException e) {
                    throw new UncheckedIOException(e); // the disk's failure, not the archive's
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } catch (IOException | IllegalArgumentException e) {
            throw new RefusedException(
                    ErrorCode.FUNCTION_INVALID,
                    "the archive is broken: " + (e.getMessage() == null ? "it ends too early" : e.getMessage()),
                    e);
        }
    }

    private static void read(byte[] archive, Budget budget, Entries entries) throws RefusedException, IOException {
        if (startsWith(archive, 'P', 'K')) {
            readZip(archive, entries, budget);
        } else if (startsWith(archive, 0x1f, 0x8b)) {
            readTarGz(archive, entries, budget);
        } else {
            throw refused("the archive is neither a zip nor a tar.gz file");
        }
        if (budget.files == 0) {
            throw refused("the archive holds no file");
        }
    }

    private static void readZip(byte[] archive, Entries entries, Budget budget) throws RefusedException, IOException {
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (!entry.isDirectory()) {
                    byte[] bytes = budget.read(zip, entry.getName());
                    entries.file(safe(entry.getName()), bytes, looksExecutable(bytes));
                }
            }
        }
    }

    private static void readTarGz(byte[] archive, Entries entries, Budget budget) throws RefusedException, IOException {
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(archive))) {
            TarReader tar = new TarReader(in);
            for (TarReader.Header header = tar.next(); header != null; header = tar.next()) {
                switch (header.kind()) {
                    case FILE -> {
                        byte[] bytes = budget.read(tar.content(), header.name());
                        entries.file(safe(header.name()), bytes, header.executable());
                    }
                    case DIRECTORY -> safe(header.name());
                    case OTHER ->
                        throw refused("the archive's entry '" + header.name()
                                + "' is a link or a device; only files and directories are accepted");
                }
            }
        }
    }

    /** The name as a relative path, or a refusal when it would leave the directory. */
    static String safe(String name) throws RefusedException {
        String path = name;
        while (path.startsWith("./")) {
            path = path.substring(2);
        }
        if (path.endsWith("/")) {
            path = path.substring(0, path.length() - 1);
        }
        boolean bad = path.startsWith("/") || path.contains("\\") || path.indexOf('\0') >= 0 || path.length() > 1024;
        for (String part : path.split("/", -1)) {
            bad |= part.equals("..") || part.length() > 255 || (part.isEmpty() && !path.isEmpty());
        }
        if (bad) {
            throw refused("the archive's entry '" + name + "' has a path that is not inside the function's directory");
        }
        return path;
    }

    /** Zip files made on other systems carry no mode: ELF files and scripts are made executable. */
    private static boolean looksExecutable(byte[] bytes) {
        return startsWith(bytes, '#', '!') || (startsWith(bytes, 0x7f, 'E') && bytes.length > 4 && bytes[2] == 'L');
    }

    private static boolean startsWith(byte[] bytes, int first, int second) {
        return bytes.length > 2 && (bytes[0] & 0xff) == first && (bytes[1] & 0xff) == second;
    }

    private static RefusedException refused(String message) {
        return new RefusedException(ErrorCode.FUNCTION_INVALID, message);
    }

    /** What one archive may still unpack to. */
    private static final class Budget {
        private int files;
        private long bytesLeft = Limits.ARTIFACT_BYTES_MAX;

        byte[] read(InputStream in, String name) throws RefusedException, IOException {
            if (++files > Limits.ARCHIVE_FILES_MAX) {
                throw refused("the archive holds more than " + Limits.ARCHIVE_FILES_MAX + " files");
            }
            byte[] bytes = in.readNBytes((int) bytesLeft + 1);
            bytesLeft -= bytes.length;
            if (bytesLeft < 0) {
                throw refused("the archive unpacks to more than " + Limits.ARTIFACT_BYTES_MAX / Limits.MIB
                        + " MiB (at its entry '" + name + "')");
            }
            return bytes;
        }
    }
}
