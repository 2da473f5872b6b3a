package mayfly.gateway;

import java.util.List;
import mayfly.api.FieldProblem;
import mayfly.api.InvalidException;
import mayfly.api.QueryValues;
import mayfly.api.Route;
import mayfly.base.ErrorCode;
import mayfly.base.Limits;
import mayfly.http.Exchange;
import org.jspecify.annotations.Nullable;

/** The query of one request, held against what its route takes. */
final class Query {
    private static final int PAGE_DEFAULT = 100;

    private final QueryValues values;

    private Query(QueryValues values) {
        this.values = values;
    }

    static Query of(Route route, Exchange exchange) throws InvalidException {
        return of(route, exchange.rawTarget());
    }

    /** @param target path and query as sent */
    static Query of(Route route, String target) throws InvalidException {
        int mark = target.indexOf('?');
        return new Query(QueryValues.of(route, mark < 0 ? "" : target.substring(mark + 1)));
    }

    @Nullable
    String text(String name) {
        return values.text(name).orElse(null);
    }

    boolean flag(String name) {
        return values.flag(name);
    }

    /** A whole number, or the default when it is not given. */
    long whole(String name, long least, long most, long whenAbsent) throws InvalidException {
        return values.whole(name, least, most, whenAbsent);
    }

    int limit() throws InvalidException {
        return (int) values.whole("limit", 1, Limits.LIST_PAGE_MAX, PAGE_DEFAULT);
    }

    static InvalidException invalid(String name, String message) {
        return new InvalidException(ErrorCode.REQUEST_INVALID, List.of(new FieldProblem(name, message)));
    }
}
