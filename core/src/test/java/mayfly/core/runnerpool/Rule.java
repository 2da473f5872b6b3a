package mayfly.core.runnerpool;

/** What a runner pool must keep, as seen from outside: only from what it was told and what it ordered. */
enum Rule {
    IN_ORDER("claims get their slots in the order in which they came"),
    ONE_ANSWER("a claim gets one slot or one refusal"),
    FREE_SLOT("a slot is given only of a runner that is offered and has a free one"),
    NEWEST("a slot is given only of the highest version that is offered"),
    NO_LEAK("a runner's used slots are the grants of it that were not released"),
    NO_LOST_WAKE_UP("nobody waits beside a free slot"),
    REFUSAL("only who may not wait is refused, and only where nobody starts runners"),
    STALE_IS_NOTHING("news of an earlier life changes nothing"),
    DESIRED("as many connections as the demand asks for, unless they fail"),
    NOT_IN_USE("a runner is not drained as surplus under its actors"),
    PACED("connections that fail are tried again at longer and longer distances"),
    LIFESPAN("no connection lives longer than its lifespan without its grace"),
    ERRORS("an error is told once, and taken back once"),
    DRAINED_ONCE("only a connection that exists is drained, once"),
    REMEMBERED("no connection is opened while one that was forgotten could serve");

    private final String text;

    Rule(String text) {
        this.text = text;
    }

    static void require(boolean holds, Rule rule, Object how) {
        if (!holds) {
            throw new Broken(rule, String.valueOf(how));
        }
    }

    /** Says that the rule was broken. */
    static final class Broken extends AssertionError {
        private final transient Rule rule;

        Broken(Rule rule, String how) {
            super(rule + " (" + rule.text + "): " + how);
            this.rule = rule;
        }

        Rule rule() {
            return rule;
        }
    }
}
