package mayfly.linux;
