package mayfly.core.request;

/**
 * How long a request may wait for what, and how often for it.
 *
 * @param readyMillis for the actor to be ready, in one attempt
 * @param answerMillis for the answer to begin once the actor has the request
 * @param poolFirstMillis until it is first asked why the actor's pool has no runner for it
 * @param poolEveryMillis between further such looks
 * @param wakesMax of one attempt
 * @param attemptsMax of all
 * @param pauseMillis after the first failed attempt; doubled after each further one
 */
public record RequestTimes(
        long readyMillis,
        long answerMillis,
        long poolFirstMillis,
        long poolEveryMillis,
        int wakesMax,
        int attemptsMax,
        long pauseMillis) {
    public static final RequestTimes HTTP = new RequestTimes(30_000, 300_000, 1_000, 2_000, 8, 7, 150);
    /** For the opening of a WebSocket. */
    public static final RequestTimes WEB_SOCKET = new RequestTimes(30_000, 15_000, 1_000, 2_000, 8, 7, 150);

    public RequestTimes {
        boolean positive = readyMillis > 0 && answerMillis > 0 && poolFirstMillis > 0 && poolEveryMillis > 0;
        if (!positive || pauseMillis <= 0 || wakesMax < 1 || attemptsMax < 1 || attemptsMax > 30) {
            throw new IllegalArgumentException("times of a request are positive");
        }
    }

    /** The pause after so many attempts. */
    long pauseAfter(int attempts) {
        return pauseMillis << (attempts - 1);
    }
}
