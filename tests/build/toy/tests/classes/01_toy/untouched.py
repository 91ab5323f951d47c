# The release as it was handed out.
# expected: 1.1=0
