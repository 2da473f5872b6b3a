package mayfly.app;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import mayfly.api.Json;
import mayfly.api.JsonValue;

/** One line per log record on standard error: for people, or a JSON object for machines. */
final class LogFormat extends Formatter {
    private static final DateTimeFormatter TIME =
            new DateTimeFormatterBuilder().appendInstant(3).toFormatter().withZone(ZoneOffset.UTC);

    private final boolean json;

    private LogFormat(boolean json) {
        this.json = json;
    }

    /** Takes over the JVM's logging. */
    static void install(Config.Log config) {
        LogManager.getLogManager().reset();
        Logger root = Logger.getLogger("");
        ConsoleHandler handler = new ConsoleHandler();
        handler.setFormatter(new LogFormat(config.json()));
        handler.setLevel(Level.ALL);
        root.addHandler(handler);
        root.setLevel(Level.INFO);
        Logger.getLogger("mayfly")
                .setLevel(
                        switch (config.level()) {
                            case "debug" -> Level.FINE;
                            case "warning" -> Level.WARNING;
                            case "error" -> Level.SEVERE;
                            default -> Level.INFO;
                        });
    }

    @Override
    public String format(LogRecord record) {
        return (json ? object(record) : text(record)) + "\n";
    }

    private String text(LogRecord record) {
        String line = TIME.format(record.getInstant()) + " " + level(record) + " " + record.getLoggerName() + ": "
                + formatMessage(record);
        return record.getThrown() == null ? line : line + "\n" + stack(record.getThrown());
    }

    private String object(LogRecord record) {
        LinkedHashMap<String, JsonValue> members = new LinkedHashMap<>();
        members.put("time", JsonValue.of(TIME.format(record.getInstant())));
        members.put("level", JsonValue.of(level(record)));
        members.put("logger", JsonValue.of(String.valueOf(record.getLoggerName())));
        members.put("message", JsonValue.of(formatMessage(record)));
        if (record.getThrown() != null) {
            members.put("stack", JsonValue.of(stack(record.getThrown())));
        }
        JsonValue line = new JsonValue.JsonObject(members);
        return new String(Json.write(line), StandardCharsets.UTF_8);
    }

    private static String level(LogRecord record) {
        int value = record.getLevel().intValue();
        if (value >= Level.SEVERE.intValue()) {
            return "error";
        }
        return value >= Level.WARNING.intValue()
                ? "warning"
                : record.getLevel().getName().toLowerCase(Locale.ROOT);
    }

    private static String stack(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return text.toString().stripTrailing();
    }
}
