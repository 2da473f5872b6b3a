package mayfly.store.sql;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * One step of the schema; never changed after a release.
 *
 * @param version from 1, without gaps
 * @param text statements, each ended by a semicolon at a line's end; lines that begin with two dashes are comments
 */
record Migration(int version, String name, String text) {
    /** SHA-256 of the text, in hex. */
    String checksum() {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    List<String> statements(Dialect dialect) {
        StringBuilder sql = new StringBuilder();
        text.lines()
                .filter(line -> !line.startsWith("--"))
                .forEach(line -> sql.append(line).append('\n'));
        String[] statements = dialect.ddl(sql.toString()).split(";\n", -1);
        return List.of(statements).stream()
                .map(String::strip)
                .filter(statement -> !statement.isEmpty())
                .toList();
    }
}
