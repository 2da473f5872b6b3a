package mayfly.http;

import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;

/** Netty's decoder of frames from clients: masked, without extensions; and how much memory it holds. */
final class WebSocketDecoder extends WebSocket13FrameDecoder {
    WebSocketDecoder(int frameBytesMax) {
        super(WebSocketDecoderConfig.newBuilder()
                .expectMaskedFrames(true)
                .allowExtensions(false)
                .allowMaskMismatch(false)
                .maxFramePayloadLength(frameBytesMax)
                .closeOnProtocolViolation(false) // the connection closes: it knows what was sent before
                .withUTF8Validator(false)
                .build());
    }

    /** What a frame that is not whole yet takes: its buffer, which may be far larger than what arrived of it. */
    int heldBytes() {
        return actualReadableBytes() == 0 ? 0 : internalBuffer().capacity();
    }
}
