package mayfly.actors;

import java.util.Optional;

/**
 * Where runners find this node.
 *
 * @param url with a trailing slash
 * @param token what they must show, if anything
 */
public record NodeAddress(String url, Optional<String> token) {
    public NodeAddress {
        if (!url.endsWith("/")) {
            url = url + "/";
        }
    }
}
