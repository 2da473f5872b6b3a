package mayfly.cli;
