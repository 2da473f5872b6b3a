package mayfly.checks.sim;

/** What a pool must keep, as seen from outside: only from what it was told and what it ordered. */
enum PoolRule {
    ONE_ANSWER("a ticket gets exactly one grant or refusal"),
    IN_ORDER("callers are served in the order they came"),
    IN_TIME("nobody is granted after the deadline, nor left waiting beyond it"),
    RIGHT_REASON("a refusal says what is the case"),
    ONE_HOLDER("a machine is granted to one caller at a time, while it is free"),
    FRESH("a fresh machine is not granted twice without a reset that succeeded"),
    START_TOLD("a grant says warm exactly when the machine was used before"),
    USES("a machine serves at most useLimit callers"),
    AGE("after a tick no free machine is over its age"),
    TOO_MANY("never more than maxMachines"),
    NOT_UNDER_A_CALLER("a machine is closed, checked or reset only when no caller holds it, and closed once"),
    SICK_IS_CLOSED("a machine that failed its check or reset, crashed or died is not granted again"),
    NO_LOST_WAKE_UP("nobody waits while a machine is free or one could be made"),
    MIN_WARM("after a tick minWarm machines are kept, as far as maxMachines and the host allow"),
    STALE_IS_NOTHING("news of an earlier life changes nothing"),
    ONE_TEMPLATE("one template at a time; forks only from a live one; closed when none of its machines is left"),
    SCALES_TO_ZERO("after a long silence only minWarm machines are left, and no template if that is 0"),
    DRAINS("after a drain nothing begins, and when the last caller has left nothing is left");

    private final String text;

    PoolRule(String text) {
        this.text = text;
    }

    String text() {
        return text;
    }

    /** Says that the rule was broken. */
    static final class Broken extends AssertionError {
        private final transient PoolRule rule;

        Broken(PoolRule rule, String how) {
            super(rule + " (" + rule.text() + "): " + how);
            this.rule = rule;
        }

        PoolRule rule() {
            return rule;
        }
    }
}
