# Shows HTML, SVG and JavaScript that would run in the instructor's browser.
# expected: 1.1=0 1.2=0 1.3=0

# %% id="answer-1.1-a"
from IPython.display import HTML, SVG, Javascript, display

script = "<script>document.title = 'hostile-script'</script>"
display(HTML(script + "<img src=x onerror=alert('hostile-script')><iframe srcdoc=\"<script>1</script>\"></iframe>"))
display(SVG(f"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>{script}</svg>"))
display(Javascript("alert('hostile-script')"))
display({"text/markdown": script, "text/latex": script, "application/javascript": "alert(1)"}, raw=True)
print(script, "\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07")


def double(value):
    return 0.0
