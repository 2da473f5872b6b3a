package mayfly.node;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads the POSIX ustar format (IEEE 1003.1, pax interchange) with GNU long names; only what code archives hold. */
final class TarReader {
    private static final int BLOCK = 512;
    private static final int LONG_NAME_MAX = 4096;

    private final InputStream in;
    private long left;
    private long padding;
    private @Nullable String longName;

    TarReader(InputStream in) {
        this.in = in;
    }

    enum Kind {
        FILE,
        DIRECTORY,
        OTHER
    }

    record Header(String name, Kind kind, boolean executable) {}

    static final class MalformedTar extends IOException {
        MalformedTar(String message) {
            super(message);
        }
    }

    /** The next entry, or null at the end of the archive. */
    @Nullable
    Header next() throws IOException {
        while (true) {
            skipRest();
            byte[] block = in.readNBytes(BLOCK);
            if (block.length == 0 || isZero(block)) {
                return null;
            }
            if (block.length < BLOCK) {
                throw new MalformedTar("it ends inside an entry's header");
            }
            checkSum(block);
            left = octal(block, 124, 12);
            padding = (BLOCK - left % BLOCK) % BLOCK;
            switch ((char) block[156]) {
                case 'L' -> longName = text(content(Math.toIntExact(Math.min(left, LONG_NAME_MAX + 1L))));
                case 'x' -> longName = paxPath(content(Math.toIntExact(Math.min(left, 64 * 1024))));
                case 'g' -> {} // global pax headers carry nothing that we need
                default -> {
                    return entry(block);
                }
            }
        }
    }

    /** The current entry's bytes; ends at its end. */
    InputStream content() {
        return new FilterInputStream(in) {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                if (left == 0) {
                    return -1;
                }
                int count = in.read(buffer, offset, (int) Math.min(length, left));
                if (count < 0) {
                    throw new MalformedTar("it ends inside an entry");
                }
                left -= count;
                return count;
            }
        };
    }

    private Header entry(byte[] block) throws IOException {
        String name = longName;
        longName = null;
        if (name == null) {
            String prefix = text(block, 345, 155);
            name = text(block, 0, 100);
            name = prefix.isEmpty() || block[257] != 'u' ? name : prefix + "/" + name;
        }
        Kind kind = switch ((char) block[156]) {
            case '0', '\0', '7' -> name.endsWith("/") ? Kind.DIRECTORY : Kind.FILE;
            case '5' -> Kind.DIRECTORY;
            default -> Kind.OTHER;
        };
        return new Header(name, kind, (octal(block, 100, 8) & 0111) != 0);
    }

    private void skipRest() throws IOException {
        in.skipNBytes(left + padding);
        left = 0;
        padding = 0;
    }

    private byte[] content(int max) throws IOException {
        if (left > max) {
            throw new MalformedTar("an extended header is too long");
        }
        return content().readNBytes(max);
    }

    private static @Nullable String paxPath(byte[] records) throws IOException {
        String path = null;
        for (String record : new String(records, StandardCharsets.UTF_8).split("\n", -1)) {
            int space = record.indexOf(' ');
            if (space > 0 && record.startsWith("path=", space + 1)) {
                path = record.substring(space + 6);
            }
        }
        return path;
    }

    private static void checkSum(byte[] block) throws IOException {
        int sum = 0;
        for (int i = 0; i < BLOCK; i++) {
            sum += i >= 148 && i < 156 ? ' ' : block[i] & 0xff;
        }
        if (sum != octal(block, 148, 8)) {
            throw new MalformedTar("an entry's header has a wrong checksum");
        }
    }

    private static long octal(byte[] block, int offset, int length) throws IOException {
        String digits = text(block, offset, length).trim();
        try {
            long value = digits.isEmpty() ? 0 : Long.parseLong(digits, 8);
            if (value < 0) {
                throw new MalformedTar("an entry's header holds a negative number");
            }
            return value;
        } catch (NumberFormatException e) {
            throw new MalformedTar("an entry's header holds '" + digits + "' for a number");
        }
    }

    private static String text(byte[] bytes) {
        return text(bytes, 0, bytes.length);
    }

    private static String text(byte[] bytes, int offset, int length) {
        int end = offset;
        while (end < offset + length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, offset, end - offset, StandardCharsets.UTF_8);
    }

    private static boolean isZero(byte[] block) {
        for (byte b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }
}
