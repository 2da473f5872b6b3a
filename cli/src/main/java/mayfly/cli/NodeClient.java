package mayfly.cli;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import mayfly.api.InvalidException;
import mayfly.api.Json;
import mayfly.api.JsonValue;
import mayfly.api.Problem;
import mayfly.api.RivetProblem;
import mayfly.api.Route;

/** Calls one node: a connection per call. Ours because the JDK's clients take longer to load than a call takes. */
final class NodeClient {
    private static final int CONNECT_MS = 3_000;

    private final URI url;
    private final String token;

    private NodeClient(URI url, String token) {
        this.url = url;
        this.token = token;
    }

    static NodeClient of(String url, String token) throws UsageException {
        URI parsed;
        try {
            parsed = URI.create(url);
        } catch (IllegalArgumentException e) {
            throw new UsageException("not a URL: " + url);
        }
        boolean http = "http".equals(parsed.getScheme()) || "https".equals(parsed.getScheme());
        String path = parsed.getRawPath() == null ? "" : parsed.getRawPath();
        if (!http || parsed.getHost() == null || !(path.isEmpty() || path.equals("/"))) {
            throw new UsageException("the node's URL must look like http://127.0.0.1:7070; found " + url);
        }
        if (!token.matches("[!-~]*")) {
            throw new UsageException("MAYFLY_TOKEN may only have printable ASCII characters and no spaces");
        }
        return new NodeClient(parsed, token);
    }

    /** A request body. */
    record Content(String type, byte[] bytes) {
        static Content json(Record document) {
            return new Content("application/json", Json.write(document));
        }
    }

    /** Calls a route that takes nothing but path parameters; throws unless the answer is a success. */
    Answer get(Route route, String... parameters) throws CliException {
        return expectSuccess(call(route, List.of(parameters), Map.of(), Optional.empty()));
    }

    Answer get(Route route, List<String> parameters, Map<String, String> query) throws CliException {
        return expectSuccess(call(route, parameters, query, Optional.empty()));
    }

    Answer send(Route route, Content content, String... parameters) throws CliException {
        return expectSuccess(call(route, List.of(parameters), Map.of(), Optional.of(content)));
    }

    /** Calls a path of Rivet's interface; throws unless the answer is a success. */
    Answer rivet(String method, String path, Map<String, String> query, Optional<JsonValue> body) throws CliException {
        Optional<Content> content = body.map(it -> new Content("application/json", Json.write(it)));
        try (Stream stream = open(method, path, query, content)) {
            Answer answer = new Answer(stream.head.status(), stream.head.headers(), stream.body.readAllBytes());
            if (answer.status() == 200) {
                return answer;
            }
            throw refusal(answer);
        } catch (IOException e) {
            throw broken(e);
        }
    }

    /** A text as one part of a path. */
    static String segment(String text) {
        return java.net.URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static CliException refusal(Answer answer) {
        try {
            RivetProblem problem = Json.readAnswer(answer.bytes(), RivetProblem.class);
            boolean missing = problem.code().equals("not_found");
            return new CliException(
                    missing ? Exit.NOT_FOUND : Exit.FAILED,
                    problem.message() + " (" + problem.group() + "." + problem.code() + ")");
        } catch (InvalidException e) {
            return failure(answer);
        }
    }

    /** Calls a route; whatever the answer is. */
    Answer call(Route route, List<String> parameters, Map<String, String> query, Optional<Content> content)
            throws CliException {
        try (Stream stream = open(route, parameters, query, content)) {
            return new Answer(stream.head.status(), stream.head.headers(), stream.body.readAllBytes());
        } catch (IOException e) {
            throw broken(e);
        }
    }

    CliException broken(IOException e) {
        return new CliException(Exit.UNREACHABLE, "the connection to " + url + " broke: " + e.getMessage());
    }

    /** An answer whose body is still arriving. */
    static final class Stream implements AutoCloseable {
        private final Socket socket;
        final HttpWire.Head head;
        final InputStream body;

        private Stream(Socket socket, HttpWire.Head head, InputStream body) {
            this.socket = socket;
            this.head = head;
            this.body = body;
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    /** Sends a request and reads the head of its answer. */
    Stream open(Route route, List<String> parameters, Map<String, String> query, Optional<Content> content)
            throws CliException, IOException {
        return open(route.method().name(), route.path(parameters.toArray(String[]::new)), query, content);
    }

    private Stream open(String method, String path, Map<String, String> query, Optional<Content> content)
            throws CliException, IOException {
        Socket socket = connect();
        try {
            socket.setTcpNoDelay(true);
            OutputStream out = socket.getOutputStream();
            byte[] head = head(method, path, query, content).getBytes(StandardCharsets.ISO_8859_1);
            out.write(head);
            try {
                if (content.isPresent()) {
                    out.write(content.get().bytes());
                }
                out.flush();
            } catch (IOException e) {
                // A node that refuses a large body may answer and close before it has read all: look for the answer.
                return answer(socket);
            }
            return answer(socket);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private static Stream answer(Socket socket) throws IOException {
        InputStream in = new BufferedInputStream(socket.getInputStream());
        HttpWire.Head head = HttpWire.readHead(in);
        return new Stream(socket, head, HttpWire.body(head, in));
    }

    private String head(String method, String path, Map<String, String> query, Optional<Content> content) {
        StringBuilder head = new StringBuilder(256).append(method).append(' ').append(path);
        if (!query.isEmpty()) {
            head.append(query.entrySet().stream()
                    .map(entry ->
                            entry.getKey() + "=" + java.net.URLEncoder.encode(entry.getValue(), StandardCharsets.UTF_8))
                    .collect(Collectors.joining("&", "?", "")));
        }
        head.append(" HTTP/1.1\r\nHost: ").append(url.getRawAuthority()).append("\r\nConnection: close\r\n");
        if (!token.isEmpty()) {
            head.append("Authorization: Bearer ").append(token).append("\r\n");
        }
        content.ifPresent(
                body -> head.append("Content-Type: ").append(body.type()).append("\r\n"));
        int length = content.map(body -> body.bytes().length).orElse(0);
        if (length > 0 || content.isPresent()) {
            head.append("Content-Length: ").append(length).append("\r\n");
        }
        return head.append("\r\n").toString();
    }

    private Socket connect() throws CliException {
        boolean secure = "https".equals(url.getScheme());
        int port = url.getPort() >= 0 ? url.getPort() : secure ? 443 : 80;
        String host = url.getHost().replaceAll("[\\[\\]]", "");
        try {
            Socket socket = new Socket();
            socket.connect(new InetSocketAddress(host, port), CONNECT_MS);
            return secure ? secured(socket, host, port) : socket;
        } catch (IOException e) {
            throw new CliException(
                    Exit.UNREACHABLE,
                    "no node answers at " + url + " (" + e.getMessage() + "); start one with 'mayfly up',"
                            + " or say where it is with --url or MAYFLY_URL");
        }
    }

    private static Socket secured(Socket socket, String host, int port) throws IOException {
        SSLSocket secure =
                (SSLSocket) ((SSLSocketFactory) SSLSocketFactory.getDefault()).createSocket(socket, host, port, true);
        SSLParameters parameters = secure.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        secure.setSSLParameters(parameters);
        secure.startHandshake();
        return secure;
    }

    /** The answer, or what its problem document says. */
    static Answer expectSuccess(Answer answer) throws CliException {
        if (answer.status() >= 200 && answer.status() < 300) {
            return answer;
        }
        throw failure(answer);
    }

    static CliException failure(Answer answer) {
        int exit = answer.status() == 404 ? Exit.NOT_FOUND : Exit.FAILED;
        return problem(answer)
                .map(problem -> new CliException(exit, describe(problem)))
                .orElseGet(() -> new CliException(exit, "the node answered with status " + answer.status()));
    }

    static Optional<Problem> problem(Answer answer) {
        try {
            return Optional.of(Json.readAnswer(answer.bytes(), Problem.class));
        } catch (InvalidException e) {
            return Optional.empty(); // not from a Mayfly node: the status has to do
        }
    }

    private static String describe(Problem problem) {
        if (problem.errors().isPresent() && problem.errors().get().size() > 1) {
            return problem.title() + " (" + problem.code() + "):\n  "
                    + problem.errors().get().stream().map(Object::toString).collect(Collectors.joining("\n  "));
        }
        return problem.detail() + " (" + problem.code() + ")"
                + problem.functionError()
                        .map(error -> error.stack().isBlank()
                                ? ""
                                : "\n" + error.stack().stripTrailing())
                        .orElse("");
    }
}
