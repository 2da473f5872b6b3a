/** HTTP/1.1 server with blocking handlers on virtual threads: the only module that imports Netty; knows no product word. */
@org.jspecify.annotations.NullMarked
module mayfly.http {
    requires static org.jspecify;
    requires io.netty.buffer;
    requires io.netty.codec;
    requires io.netty.codec.http;
    requires io.netty.common;
    requires io.netty.transport;
    requires io.netty.transport.classes.epoll;
    requires io.netty.transport.epoll.linux.x86_64; // holds the native library; without it: java.nio
    requires io.netty.transport.unix.common;

    exports mayfly.http;
}
