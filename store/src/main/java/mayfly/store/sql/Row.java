package mayfly.store.sql;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Reads one result row, column after column. */
public final class Row {
    /** Carries an SQLException through the record readers, which are plain functions. */
    static final class Unreadable extends RuntimeException {
        Unreadable(SQLException cause) {
            super(cause);
        }
    }

    private final ResultSet result;
    private int column;

    Row(ResultSet result) {
        this.result = result;
    }

    /** A column that is never null. */
    public String text() {
        String text = optionalText();
        if (text == null) {
            throw new AssertionError("column " + column + " is null");
        }
        return text;
    }

    @Nullable
    String optionalText() {
        try {
            return result.getString(++column);
        } catch (SQLException e) {
            throw new Unreadable(e);
        }
    }

    byte @Nullable [] optionalBytes() {
        try {
            return result.getBytes(++column);
        } catch (SQLException e) {
            throw new Unreadable(e);
        }
    }

    /** A column that is never null. */
    byte[] bytes() {
        byte[] bytes = optionalBytes();
        // The embedded driver reads a blob of no bytes as null.
        return bytes == null ? new byte[0] : bytes;
    }

    long integer() {
        try {
            return result.getLong(++column);
        } catch (SQLException e) {
            throw new Unreadable(e);
        }
    }

    @Nullable
    Long optionalInteger() {
        try {
            long value = result.getLong(++column);
            return result.wasNull() ? null : (Long) value;
        } catch (SQLException e) {
            throw new Unreadable(e);
        }
    }

    boolean flag() {
        return integer() != 0;
    }

    Instant time() {
        return Values.instant(integer());
    }

    @Nullable
    Instant optionalTime() {
        Long nanos = optionalInteger();
        return nanos == null ? null : Values.instant(nanos);
    }
}
