package mayfly.runner.protocol;

import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Which records a message is made of. */
final class Parts {
    private Parts() {}

    static void collect(Object part, Set<Class<?>> into) throws ReflectiveOperationException {
        switch (part) {
            case Record record -> {
                into.add(record.getClass());
                for (RecordComponent component : record.getClass().getRecordComponents()) {
                    component.getAccessor().setAccessible(true);
                    collect(component.getAccessor().invoke(record), into);
                }
            }
            case List<?> list -> {
                for (Object element : list) {
                    collect(element, into);
                }
            }
            case Optional<?> optional when optional.isPresent() -> collect(optional.get(), into);
            default -> {}
        }
    }
}
