/**
 * An HTTP/1.1 server over Netty, which parses, encodes and moves the bytes. Owns: strictness towards requests (anything
 * ambiguous is refused), limits and timeouts of connections, back-pressure, and one virtual thread per request with a
 * blocking {@link mayfly.http.Exchange}. Refuses: routing, authentication, formats of bodies, and every word of the product.
 *
 * <p>Threads: an event loop owns each connection ({@code Connection}) and everything it reads; a handler owns its
 * exchange and what it writes. They meet in {@code BodyPipe} (bytes in) and in tasks given to the event loop (bytes out).
 */
package mayfly.http;
