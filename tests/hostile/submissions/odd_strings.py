# Answers with strings and keys that break encodings, tables and pages.
# expected: 1.1=0 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return "\ud800</script><script>alert(1)</script>\x00"

# %% id="answer-1.2-a"
total = {"__class__": "float", "\x00": 8.0, "</td>": "../../etc/passwd"}
print("\x1b[2J\x1b[31m \u202e 8.0 </pre><script>hostile-script</script>")
