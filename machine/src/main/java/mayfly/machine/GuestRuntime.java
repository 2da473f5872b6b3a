package mayfly.machine;

import java.util.Locale;
import java.util.Optional;

/** What runs the code inside a machine. */
public enum GuestRuntime {
    PYTHON3,
    NODE,
    NATIVE;

    /** The name users write: "python3", "node", "native". */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Empty for a name that no runtime has. */
    public static Optional<GuestRuntime> ofWireName(String name) {
        for (GuestRuntime runtime : values()) {
            if (runtime.wireName().equals(name)) {
                return Optional.of(runtime);
            }
        }
        return Optional.empty();
    }
}
