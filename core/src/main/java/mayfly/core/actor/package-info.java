/**
 * Owns the life of one actor: when it is allocated to a runner, started, told to stop, slept, restarted and destroyed, and
 * what news of a runner means for it. A <em>generation</em> is one stay on one runner, counted from 0; every piece of news
 * carries it, so that news of an earlier stay changes nothing. Refuses to know how commands travel, which runner has room
 * (that is {@code core.runnerpool}) and what requests wait for it ({@code core.request}).
 */
package mayfly.core.actor;
