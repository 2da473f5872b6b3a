"""The smallest useful function: every call runs in a machine of its own, a fresh copy of the loaded program."""

calls = 0


def handle(event, context):
    global calls
    calls += 1  # always 1 in the answer: no call sees what another one left
    name = event.get("name", "world") if isinstance(event, dict) else "world"
    print(f"greeting {name}")
    return {"message": f"Hello, {name}!", "call_number_here": calls, "invocation": context.invocation_id}
