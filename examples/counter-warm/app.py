"""A function that keeps its state between calls, because its mayfly.toml says reuse = "warm"."""

calls = 0


def handle(event):
    global calls
    calls += 1
    return {"call_number_here": calls}
