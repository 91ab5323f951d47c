# Uses IPython's magics to run a shell and to read files.
# expected: 1.1=4 1.2=0 1.3=0

# %% id="answer-1.1-a"
def double(value):
    return 2 * value

# %% id="answer-1.2-a"
get_ipython().system("cat /dev/shm/hostile-course/class/gradebook.db; env")
print(get_ipython().getoutput("ls -la / /dev/shm/hostile-course; cat /etc/shadow"))
get_ipython().run_line_magic("load", "/dev/shm/hostile-course/solutions/01_toy/toy.py")
