package mayfly.node;
