package mayfly.checks;
