package mayfly.api;
