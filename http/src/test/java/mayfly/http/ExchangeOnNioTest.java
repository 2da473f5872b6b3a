package mayfly.http;

import java.io.IOException;
import java.util.function.UnaryOperator;

/** The same exchanges over java.nio, which hosts without the native library use. */
class ExchangeOnNioTest extends ExchangeTest {
    @Override
    HttpServer serve(UnaryOperator<HttpServerSpec> change, HttpHandler handler) throws IOException {
        return super.serve(spec -> change.apply(spec).withTransport(1, false), handler);
    }
}
