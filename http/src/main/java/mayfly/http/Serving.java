package mayfly.http;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import org.jspecify.annotations.Nullable;

/** What the connections of one server share. Runs handlers and turns what they throw into answers. */
record Serving(HttpServerSpec spec, HttpHandler handler, Admission admission, HttpDate dates) {

    String date() {
        return dates.at(System.currentTimeMillis());
    }

    boolean draining() {
        return admission.draining();
    }

    /** An answer without a handler; {@code head} is null when the request could not be read. */
    LastHttpContent refusal(@Nullable RequestHead head, Refusal refusal, String detail, boolean close) {
        RefusalRenderer.Page page = spec.refusals().render(refusal, detail);
        Headers headers = Headers.of("content-type", page.contentType());
        HttpResponse start = ResponseHead.of(head, refusal.status(), headers, page.body().length, close, date());
        boolean bodyless = ResponseHead.bodyless(head, refusal.status());
        return ResponseHead.end(start, bodyless ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(page.body()));
    }

    /** Runs the handler to its end on a new virtual thread; the exchange was admitted before. */
    void dispatch(Exchange exchange) {
        Thread.ofVirtual()
                .name("exchange")
                .inheritInheritableThreadLocals(false)
                .start(() -> {
                    try {
                        run(exchange);
                    } finally {
                        admission.leaveExchange();
                    }
                });
    }

    private void run(Exchange exchange) {
        try {
            handler.handle(exchange);
            ResponseStream stream = exchange.openStream();
            if (stream != null) {
                stream.close();
            } else if (!exchange.answered() && exchange.clientGone()) {
                exchange.abort(); // nobody is left to answer
            } else if (!exchange.answered()) {
                throw new AssertionError("the handler returned without a response");
            }
        } catch (ClientGoneException e) {
            // Nobody is left to tell. If it came from another connection than this one, the client sees the cut.
            exchange.abort();
        } catch (BodyException e) {
            answer(exchange, e.refusal(), String.valueOf(e.getMessage()));
        } catch (HandshakeException e) {
            answer(exchange, e.refusal(), String.valueOf(e.getMessage()));
        } catch (MalformedException e) { // by looking at a query that is none
            answer(exchange, e.refusal(), String.valueOf(e.getMessage()));
        } catch (Throwable e) {
            failed(exchange, e);
        }
    }

    private void failed(Exchange exchange, Throwable cause) {
        try {
            spec.failures().failed(exchange, cause);
        } catch (Throwable e) {
            System.getLogger("mayfly.http").log(System.Logger.Level.ERROR, "the failure hook failed", e);
        }
        answer(exchange, Refusal.FAILED, "the server failed to handle this request");
    }

    /** Answers unless there is a response; an incomplete one is cut. */
    private void answer(Exchange exchange, Refusal refusal, String detail) {
        try {
            if (exchange.answered()) {
                ResponseStream stream = exchange.openStream();
                if (stream != null && !stream.isClosed()) {
                    stream.abort();
                }
                return;
            }
            RefusalRenderer.Page page = spec.refusals().render(refusal, detail);
            exchange.send(refusal.status(), Headers.of("content-type", page.contentType()), page.body());
        } catch (Throwable e) {
            exchange.abort();
        }
    }
}
