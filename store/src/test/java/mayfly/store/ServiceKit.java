package mayfly.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import mayfly.base.Limits;
import org.junit.jupiter.api.Test;

/** What every engine promises of services, through the contract alone. */
abstract class ServiceKit extends EngineTest {
    @Test
    void aServiceIsReplacedOneVersionAfterTheOther() throws Exception {
        ServiceRecord first = records.service("web");
        assertThat(done(store.createService(first))).isTrue();
        ServiceRecord second = records.service(first.id(), "web", 2);
        assertThat(done(store.replaceService(records.service(first.id(), "web", 3))))
                .as("a version is left out")
                .isFalse();
        assertThat(done(store.replaceService(records.service(first.id(), "other", 2))))
                .as("a name does not change")
                .isFalse();
        assertThat(done(store.replaceService(second))).isTrue();
        assertThat(done(store.replaceService(second))).as("twice").isFalse();
        assertThatThrownBy(() -> store.createService(second)).isInstanceOf(IllegalArgumentException.class);
        reopen();
        ServiceRecord kept = store.service("web").orElseThrow();
        assertThat(kept.version()).isEqualTo(2);
        assertThat(kept.definition()).isEqualTo(second.definition());
        assertThat(kept.createdAt()).isEqualTo(first.createdAt());
        assertThat(kept.updatedAt()).isEqualTo(second.updatedAt());
    }

    @Test
    void aServicesNameIsTakenUntilItIsDeleted() throws Exception {
        ServiceRecord first = records.service("web");
        ServiceRecord second = records.service("web");
        assertThat(done(store.createService(first))).isTrue();
        assertThat(done(store.createService(second))).isFalse();
        assertThat(done(store.createService(records.service(first.id(), "else", 1))))
                .as("the id is taken")
                .isFalse();
        assertThat(done(store.deleteService(second.id()))).isFalse();
        assertThat(done(store.deleteService(first.id()))).isTrue();
        assertThat(done(store.deleteService(first.id()))).isFalse();
        assertThat(store.service("web")).isEmpty();
        assertThat(done(store.createService(second))).isTrue();
        same(store.service("web").orElseThrow(), second);
    }

    @Test
    void servicesAreListedByName() throws Exception {
        for (String name : List.of("b", "a", "ab", "a_b", "B")) {
            done(store.createService(records.service(name)));
        }
        assertThat(services(new ServiceFilter(null, null, 10))).containsExactly("B", "a", "a_b", "ab", "b");
        assertThat(services(new ServiceFilter("a", null, 10))).containsExactly("a", "a_b", "ab");
        assertThat(services(new ServiceFilter("a", "a", 1))).containsExactly("a_b");
        assertThatThrownBy(() -> store.services(new ServiceFilter(null, null, Limits.LIST_PAGE_MAX + 1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private List<String> services(ServiceFilter filter) {
        return store.services(filter).stream().map(ServiceRecord::name).toList();
    }
}
