package mayfly.gateway;
