package mayfly.checks.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The few REST calls that set a benchmark up; what is measured goes through {@link HttpLoad}. */
final class BenchApi implements AutoCloseable {
    private final HttpClient client = HttpClient.newHttpClient();
    private final String url;

    BenchApi(String url) {
        this.url = url;
    }

    String post(String path, String json) throws IOException {
        return send(HttpRequest.newBuilder(URI.create(url + path))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build());
    }

    String put(String path, String json) throws IOException {
        return send(HttpRequest.newBuilder(URI.create(url + path))
                .header("content-type", "application/json")
                .PUT(HttpRequest.BodyPublishers.ofString(json))
                .build());
    }

    String delete(String path) throws IOException {
        return send(HttpRequest.newBuilder(URI.create(url + path)).DELETE().build());
    }

    String get(String path) throws IOException {
        return send(HttpRequest.newBuilder(URI.create(url + path)).build());
    }

    private String send(HttpRequest request) throws IOException {
        try {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() >= 300) {
                throw new IOException(request.method() + " " + request.uri() + " answered " + response.statusCode()
                        + ": " + response.body());
            }
            return response.body();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** The first string value of a field, for answers whose shape the benchmark knows. */
    static String field(String json, String name) {
        Matcher matcher =
                Pattern.compile("\"" + name + "\"\\s*:\\s*\"?([^\",}]*)").matcher(json);
        if (!matcher.find()) {
            throw new IllegalStateException("no field " + name + " in " + json);
        }
        return matcher.group(1);
    }

    @Override
    public void close() {
        client.close();
    }
}
