package mayfly.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessageDecoderResult;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;
import java.util.List;

/**
 * Bytes to one {@link RequestHead}, its body as {@link HttpContent}, and then nothing until {@link #resume}: the rest
 * waits as bytes. Or to one {@link MalformedException}, after which everything is dropped.
 *
 * <p>Netty parses; here is what it tolerates and we do not. Two parsers that read one message differently are how
 * requests are smuggled, so whatever another server might read in another way is refused: bytes and lines here, fields
 * in {@link RequestHead#of}. Bare LF, control characters, names that are no tokens, and Content-Length against
 * Transfer-Encoding Netty refuses itself.
 */
final class RequestDecoder extends HttpRequestDecoder {
    private static final int FIELDS_MAX = 128;
    private static final int PIECE_BYTES_MAX = 64 * 1024;
    /** Framing bytes a client may spend: this, and eight for each byte of payload. One-byte chunks cost five. */
    private static final int FRAMING_SLACK_BYTES = 64 * 1024;

    private final int headBytesMax;
    private boolean decoding;
    private boolean held;
    private boolean dropping;

    private boolean inHead = true;
    private boolean begun;
    private boolean emptyLineSkipped;
    private int fields;
    private int lengths;
    private long framing;
    private long payload;

    RequestDecoder(int headBytesMax) {
        super(new HttpDecoderConfig()
                .setMaxInitialLineLength(headBytesMax)
                .setMaxHeaderSize(headBytesMax)
                .setMaxChunkSize(PIECE_BYTES_MAX)
                .setStrictLineParsing(true)
                .setUseRfc9112TransferEncoding(true)
                .setAllowDuplicateContentLengths(false)
                .setValidateHeaders(true));
        this.headBytesMax = headBytesMax;
    }

    /** Stops before the next piece; it keeps what arrives meanwhile. */
    void hold() {
        held = true;
    }

    /** Goes on; true when bytes wait and nobody but the caller will bring them in, by a read of nothing. */
    boolean resume() {
        boolean waited = held && !decoding;
        held = false;
        return waited && buffered() > 0;
    }

    /** Nothing more is wanted. */
    void drop() {
        held = false;
        dropping = true;
    }

    boolean held() {
        return held;
    }

    /** True when a part of a head is here. */
    boolean begun() {
        return begun;
    }

    /** Bytes that arrived and wait to be decoded. */
    int buffered() {
        return dropping ? 0 : actualReadableBytes();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object input) throws Exception {
        decoding = true;
        try {
            super.channelRead(ctx, input);
        } finally {
            decoding = false;
        }
    }

    /** Netty would give up what is held when the client closes its half; only the connection knows what to do then. */
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        ctx.fireUserEventTriggered(event);
    }

    @Override
    protected void decodeLast(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        // The end of the connection completes no request.
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
        if (held) {
            return;
        }
        if (dropping) {
            in.skipBytes(in.readableBytes());
            return;
        }
        int good = 0;
        try {
            if (inHead && !lookAtLines(in)) {
                return;
            }
            int before = inHead ? 0 : in.readableBytes();
            super.decode(ctx, in, out);
            framing += inHead ? 0 : before - in.readableBytes();
            for (; good < out.size(); good++) {
                out.set(good, checked((HttpObject) out.get(good)));
            }
            if (framing > FRAMING_SLACK_BYTES + 8 * payload) {
                throw new MalformedException("chunks with more framing than payload");
            }
        } catch (MalformedException e) {
            dropping = true;
            in.skipBytes(in.readableBytes());
            while (out.size() > good) {
                ReferenceCountUtil.release(out.removeLast());
            }
            out.add(e);
        }
    }

    /** The lines of a head that are here, before Netty takes them; false when there is none yet. */
    private boolean lookAtLines(ByteBuf in) {
        if (!begun && !begin(in)) {
            return false;
        }
        int end = in.writerIndex();
        for (int line = in.readerIndex(); line < end; ) {
            byte first = in.getByte(line);
            if (first == ' ' || first == '\t') {
                throw new MalformedException("a line of the request head begins with a blank");
            }
            int lf = in.indexOf(line, end, (byte) '\n');
            if (lf < 0 || lf - line <= 1) {
                return true;
            }
            line = lf + 1;
        }
        return true;
    }

    /** Skips one empty line, which some old clients send after a body; Netty would skip more. False: wait, or again. */
    private boolean begin(ByteBuf in) {
        byte first = in.getByte(in.readerIndex());
        if (first == '\r' && in.readableBytes() == 1) {
            return false;
        }
        begun = first != '\r' && first != '\n';
        if (!begun) {
            if (emptyLineSkipped || first == '\n' || in.getByte(in.readerIndex() + 1) != '\n') {
                throw new MalformedException("an empty line instead of a request line");
            }
            emptyLineSkipped = true;
            in.skipBytes(2);
        }
        return begun;
    }

    // ---- while Netty parses: what these throw comes back as the failure of its result

    /** Sees the whole request line. Netty splits at any blank, and takes many for one; and it takes http/ as HTTP/. */
    @Override
    protected String splitThirdWordInitialLine(byte[] line, int start, int length) {
        String version = super.splitThirdWordInitialLine(line, start, length);
        int spaces = 0;
        boolean strict = line[start - 1] == ' ' && version.startsWith("HTTP/");
        for (int i = 0; i < start; i++) {
            spaces += line[i] == ' ' ? 1 : 0;
            strict &= line[i] < 0 || line[i] >= ' ';
        }
        if (!strict || spaces != 2) {
            throw new MalformedException("the request line is not 'METHOD target HTTP/1.1'");
        }
        return version;
    }

    @Override
    protected AsciiString splitHeaderName(byte[] line, int start, int length) {
        if (++fields > FIELDS_MAX) { // now and not at the end: a short line costs far more than its bytes
            throw new MalformedException(Refusal.HEADERS_TOO_LARGE, "more than " + FIELDS_MAX + " header fields");
        }
        AsciiString name = super.splitHeaderName(line, start, length);
        if (HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name) && ++lengths > 1) {
            throw new MalformedException("more than one Content-Length"); // Netty takes two from HTTP/1.0
        }
        return name;
    }

    // ---- after Netty parsed

    private Object checked(HttpObject object) {
        if (object.decoderResult().isFailure()) {
            throw malformed(object.decoderResult().cause());
        }
        if (object instanceof HttpRequest request) {
            if (object.decoderResult() instanceof HttpMessageDecoderResult size && size.totalSize() > headBytesMax) {
                throw tooLarge();
            }
            inHead = false;
            return RequestHead.of(request);
        }
        int size = ((HttpContent) object).content().readableBytes();
        payload += size;
        framing -= size;
        if (object instanceof LastHttpContent) {
            held = true;
            inHead = true;
            begun = false;
            emptyLineSkipped = false;
            fields = 0;
            lengths = 0;
            framing = 0;
            payload = 0;
        }
        return object;
    }

    private MalformedException malformed(Throwable cause) {
        if (cause instanceof MalformedException known) {
            return known;
        }
        if (!inHead) {
            return new MalformedException("the request body is not properly chunked");
        }
        if (cause instanceof TooLongFrameException) {
            return tooLarge();
        }
        String why = String.valueOf(cause.getMessage());
        String shown = why.substring(0, Math.min(why.length(), 200)).replaceAll("[^ -~]", "?");
        return new MalformedException("the request head is malformed: " + shown);
    }

    private MalformedException tooLarge() {
        return new MalformedException(Refusal.HEADERS_TOO_LARGE, "the request head is over " + headBytesMax + " bytes");
    }
}
