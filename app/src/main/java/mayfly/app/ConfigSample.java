package mayfly.app;

/** The configuration file with every setting at its default and commented out: what {@code mayfly config} prints. */
final class ConfigSample {
    private static final int WIDTH = 100;

    private ConfigSample() {}

    static String text() {
        StringBuilder out = new StringBuilder("""
                # Mayfly's configuration. Every setting is shown with its default; remove the # to change one.
                # Used with: mayfly up --config FILE, or MAYFLY_CONFIG=FILE.
                # The environment variable named at each setting wins over this file, and flags win over both.
                """);
        String table = "";
        for (ConfigSetting setting : ConfigSetting.values()) {
            int dot = setting.key().indexOf('.');
            String its = dot < 0 ? "" : setting.key().substring(0, dot);
            if (!its.equals(table)) {
                out.append("\n[").append(its).append("]\n");
                table = its;
            }
            out.append('\n');
            wrap(out, setting.description() + range(setting.kind()) + " (" + setting.variable() + ")");
            out.append("# ")
                    .append(setting.key().substring(dot + 1))
                    .append(" = ")
                    .append(value(setting))
                    .append('\n');
        }
        return out.toString();
    }

    private static String range(ConfigSetting.Kind kind) {
        return switch (kind) {
            case ConfigSetting.Kind.Whole(long min, long max) -> " " + min + " to " + max + ".";
            case ConfigSetting.Kind.Choice choice -> " One of " + String.join(", ", choice.words()) + ".";
            case ConfigSetting.Kind.Text _, ConfigSetting.Kind.Words _ -> "";
        };
    }

    private static String value(ConfigSetting setting) {
        return switch (setting.kind()) {
            case ConfigSetting.Kind.Whole _ -> setting.fallback();
            case ConfigSetting.Kind.Words _ -> "[]";
            case ConfigSetting.Kind.Text _, ConfigSetting.Kind.Choice _ -> '"' + setting.fallback() + '"';
        };
    }

    private static void wrap(StringBuilder out, String text) {
        int column = 0;
        for (String word : text.split(" ", -1)) {
            if (column == 0 || column + 1 + word.length() > WIDTH) {
                out.append(column == 0 ? "" : "\n").append('#');
                column = 1;
            }
            out.append(' ').append(word);
            column += 1 + word.length();
        }
        out.append('\n');
    }
}
