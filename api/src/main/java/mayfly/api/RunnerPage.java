package mayfly.api;

import java.util.List;

/** Runners, newest first. */
public record RunnerPage(List<RunnerAnswer> runners, Pagination pagination) {}
