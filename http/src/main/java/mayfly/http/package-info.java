package mayfly.http;
