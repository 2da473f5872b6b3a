/**
 * Wire records, the JSON codec and the route table of the REST interface. The codec reads and writes records by
 * reflection inside this module, so nothing has to be opened; a record of another module can be used when its package
 * is exported.
 */
@org.jspecify.annotations.NullMarked
module mayfly.api {
    requires transitive mayfly.base;
    requires tools.jackson.core;
    requires static org.jspecify;

    exports mayfly.api;
}
