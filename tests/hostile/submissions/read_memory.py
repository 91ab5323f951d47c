# Looks through its own memory for what the process that it was forked from knew.
# expected: 1.1=4 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
word = b"hidden" + b"-canary"
try:
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            first, last = (int(end, 16) for end in span.split("-"))
            if rights.startswith("rw") and last - first < 1 << 28:
                try:
                    memory.seek(first)
                    content = memory.read(last - first)
                except (OSError, ValueError, OverflowError):
                    continue
                at = content.find(word)
                if at >= 0 and content[at - 2 : at] == b"# ":
                    print(content[at - 200 : at + 200])
except OSError as error:
    print(error)
