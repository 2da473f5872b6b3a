package mayfly.core;
