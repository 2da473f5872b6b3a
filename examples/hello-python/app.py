"""The smallest useful function: every call runs in its own, fresh sandbox."""

calls = 0


def handle(event, context):
    global calls
    calls += 1  # always 1 in the answer: no call sees what another one left
    name = event.get("name", "world") if isinstance(event, dict) else "world"
    print(f"greeting {name}")
    return {"message": f"Hello, {name}!", "call_number_here": calls, "invocation": context.invocation_id}
