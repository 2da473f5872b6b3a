package mayfly.base;

import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/**
 * Makes ids: a kind prefix, then 26 characters of lower-case Crockford base 32 that hold 48 bits of milliseconds and
 * 80 random bits (the ULID layout), so that ids sort by creation time. Ids name things; they are not secrets.
 */
public final class Ids {
    private static final char[] ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz".toCharArray();
    private static final int LENGTH = 26;

    private final Clock clock;
    private final RandomGenerator random;

    private Ids(Clock clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    /** Ids for production: any thread may ask. */
    public static Ids system() {
        return new Ids(Clock.system(), new PerThread());
    }

    /** Repeatable ids for simulations: the same clock and seed give the same ids. */
    public static Ids seeded(Clock clock, RandomGenerator random) {
        return new Ids(clock, random);
    }

    public FunctionId function() {
        return new FunctionId(next("fn_"));
    }

    public InvocationId invocation() {
        return new InvocationId(next("inv_"));
    }

    public TaskId task() {
        return new TaskId(next("task_"));
    }

    public ServiceId service() {
        return new ServiceId(next("svc_"));
    }

    public MachineId machine() {
        return new MachineId(next("mac_"));
    }

    public ActorId actor() {
        return new ActorId(next("act"));
    }

    public RunnerId runner() {
        return new RunnerId(next("run"));
    }

    public NamespaceId namespace() {
        return new NamespaceId(next("ns"));
    }

    private String next(String prefix) {
        long millis = clock.now().toEpochMilli();
        long high = random.nextLong();
        long low = random.nextLong();
        char[] out = new char[prefix.length() + LENGTH];
        prefix.getChars(0, prefix.length(), out, 0);
        int at = prefix.length();
        for (int shift = 45; shift >= 0; shift -= 5) {
            out[at++] = ALPHABET[(int) (millis >>> shift) & 31];
        }
        for (int shift = 35; shift >= 0; shift -= 5) {
            out[at++] = ALPHABET[(int) (high >>> shift) & 31];
        }
        for (int shift = 35; shift >= 0; shift -= 5) {
            out[at++] = ALPHABET[(int) (low >>> shift) & 31];
        }
        return new String(out);
    }

    /** Throws IllegalArgumentException unless the text is the prefix and 26 characters of the alphabet. */
    static String checked(String prefix, String text) {
        boolean ok = text.length() == prefix.length() + LENGTH && text.startsWith(prefix);
        for (int i = prefix.length(); ok && i < text.length(); i++) {
            char c = text.charAt(i);
            ok = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z' && c != 'i' && c != 'l' && c != 'o' && c != 'u');
        }
        if (!ok) {
            throw new IllegalArgumentException("not an id of the form " + prefix + "<26 characters>: " + text);
        }
        return text;
    }

    private static final class PerThread implements RandomGenerator {
        @Override
        public long nextLong() {
            return ThreadLocalRandom.current().nextLong();
        }
    }
}
