package mayfly.actors;

/** What the engine must keep, as seen from outside: from what runners and requests saw, and from what is durable. */
enum SimRule {
    ONE_INSTANCE("a generation of an actor lives once at a time"),
    ONE_RUNNER("a generation of an actor is started on one runner"),
    NEVER_BACK("no generation is started after a later one"),
    ONE_ACTOR("no generation starts while an earlier one lives on a runner that can be reached"),
    OLD_ONES_END("an earlier generation that could not be reached ends soon after"),
    EVERY_REQUEST_ENDS("every request ends in the time that it may take"),
    NO_WAKE_LOST("no request waits for an actor that sleeps on"),
    ANSWERED("when all is well requests are answered"),
    NO_SLOT_LEAKED("a pool counts the actors that are placed or wait, and no others"),
    DESIRED("when all is well as many connections are open as the demand asks for"),
    ASLEEP("when nobody wants them actors sleep, and nothing of them runs"),
    NO_ZOMBIE("when all is well only what the engine believes to run runs"),
    ALARMS_FIRE("alarms fire, late rather than never"),
    DESTROYED("a destroyed actor never runs again"),
    ACCEPTED("an actor that was created is there"),
    NO_BUSY_LOOP("nothing is done again and again without end");

    private final String text;

    SimRule(String text) {
        this.text = text;
    }

    static void require(boolean holds, SimRule rule, Object how) {
        if (!holds) {
            throw new Broken(rule, String.valueOf(how));
        }
    }

    /** Says that the rule was broken. */
    static final class Broken extends AssertionError {
        private static final long serialVersionUID = 1;
        private final transient SimRule rule;

        Broken(SimRule rule, String how) {
            super(rule + " (" + rule.text + "): " + how);
            this.rule = rule;
        }

        SimRule rule() {
            return rule;
        }
    }
}
