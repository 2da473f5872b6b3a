package mayfly.gateway.rivet;

import java.util.concurrent.ThreadLocalRandom;

/** What one request is called in answers, in what actors see of it, and in logs. */
final class RayId {
    private static final int LENGTH = 26;
    private static final String DIGITS = "0123456789abcdefghijklmnopqrstuv";

    private RayId() {}

    static String next() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        long high = random.nextLong();
        long low = random.nextLong();
        char[] text = new char[LENGTH];
        for (int i = 0; i < LENGTH; i++) {
            long from = i < LENGTH / 2 ? high : low;
            text[i] = DIGITS.charAt((int) (from >>> (5 * (i % (LENGTH / 2)))) & 31);
        }
        return new String(text);
    }
}
