package mayfly.app;
