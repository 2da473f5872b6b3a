package mayfly.node;

/**
 * How a service's machines were put back after their connections. Times and pages are of the newest ones only, at most
 * {@link ResetCounters#RECENT_MAX}; zeroes when there was none.
 *
 * @param count since the node started the service
 * @param micros the median time that one took
 * @param microsHigh 99 of 100 took no longer
 * @param microsMax the longest
 * @param pages the median of how many pages of 4 KiB one put back
 * @param pagesMax the most
 */
public record ResetStats(long count, long micros, long microsHigh, long microsMax, int pages, int pagesMax) {}
