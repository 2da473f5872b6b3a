package mayfly.machine.kvm.files;

import java.nio.charset.StandardCharsets;

/** Strings as programs have them, one char for each byte, from and to those for people. */
public final class ByteText {
    private ByteText() {}

    public static String of(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** What a program calls so, to be read by people. */
    public static String shown(String bytes) {
        return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }
}
