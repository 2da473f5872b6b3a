package mayfly.machine.kvm.files;

import org.jspecify.annotations.Nullable;

/**
 * An open file or why there is none.
 *
 * @param error 0, or a negative errno and no file
 */
public record Opened(long error, @Nullable OpenFile file) {
    static Opened of(OpenFile file) {
        return new Opened(0, file);
    }

    static Opened failed(long error) {
        return new Opened(error, null);
    }
}
