package mayfly.gateway.rivet;

import java.util.List;
import mayfly.api.JsonValue;

/** The one datacenter: this node. */
final class Datacenter {
    static final String NAME = "default";
    private static final int LABEL = 1;

    private Datacenter() {}

    /** @param host as the client addresses this node */
    static JsonValue list(String host) {
        JsonValue here = new Members()
                .put("label", LABEL)
                .put("name", NAME)
                .put("url", "http://" + host + "/")
                .json();
        return Answer.page("datacenters", List.of(here), null);
    }

    static void check(String name) throws RivetException {
        if (!name.equals(NAME)) {
            throw new RivetException(
                    400, "datacenter", "not_found", "The provided datacenter does not exist.", JsonValue.NULL);
        }
    }
}
