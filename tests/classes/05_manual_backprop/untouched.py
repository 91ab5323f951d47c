# The release as it was handed out.
# expected: 5.1=0 5.2=0 5.3=0 5.4=0
