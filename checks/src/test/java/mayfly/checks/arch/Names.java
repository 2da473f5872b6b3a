package mayfly.checks.arch;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;

/** Names that say nothing: name the concept, or inline it. */
final class Names {
    private static final Set<String> EMPTY_WORDS = Set.of(
            "util",
            "utils",
            "utility",
            "utilities",
            "common",
            "commons",
            "helper",
            "helpers",
            "manager",
            "managers",
            "impl");

    private Names() {}

    static ArchRule saySomething() {
        return ArchRuleDefinition.classes()
                .should(new ArchCondition<>("not be called util, common, helper, manager or impl") {
                    @Override
                    public void check(JavaClass type, ConditionEvents events) {
                        if (isEmptyWordIn(type.getSimpleName().split("(?<=[a-z0-9])(?=[A-Z])"))
                                || isEmptyWordIn(type.getPackageName().split("\\."))) {
                            events.add(SimpleConditionEvent.violated(
                                    type, type.getName() + " has a name that says nothing"));
                        }
                    }
                });
    }

    private static boolean isEmptyWordIn(String[] words) {
        return Arrays.stream(words).anyMatch(word -> EMPTY_WORDS.contains(word.toLowerCase(Locale.ROOT)));
    }
}
