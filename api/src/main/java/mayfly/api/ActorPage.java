package mayfly.api;

import java.util.List;

/** Actors, newest first. */
public record ActorPage(List<ActorAnswer> actors, Pagination pagination) {}
