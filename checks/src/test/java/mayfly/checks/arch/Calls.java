package mayfly.checks.arch;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import java.util.Set;

/** Calls that rules speak about. */
final class Calls {
    private Calls() {}

    static DescribedPredicate<JavaMethodCall> of(Class<?> owner, String... methods) {
        Set<String> names = Set.of(methods);
        return DescribedPredicate.describe(
                owner.getSimpleName() + "." + String.join(", ", methods),
                call -> call.getTargetOwner().isEquivalentTo(owner)
                        && names.contains(call.getTarget().getName()));
    }

    static DescribedPredicate<JavaMethodCall> stepOfAnotherLifecycle() {
        return DescribedPredicate.describe(
                "step of another lifecycle",
                call -> call.getTarget().getName().equals("step")
                        && call.getTargetOwner().getPackageName().startsWith("mayfly.core.")
                        && !call.getTargetOwner()
                                .getPackageName()
                                .equals(call.getOriginOwner().getPackageName()));
    }
}
