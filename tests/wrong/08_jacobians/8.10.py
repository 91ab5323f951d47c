# %% right="built in another way"
theorems = dict.fromkeys("ABC", False)
theorems["A"] = True

# %% right="from a list"
theorems = {letter: letter in ["A"] for letter in "ABC"}

# %% wrong="all of them" says="one pass"
theorems = {"A": True, "B": True, "C": True}

# %% wrong="none" says="yes-or-no"
theorems = {"A": False, "B": False, "C": False}

# %% wrong="the structural one in 2008" says="2025"
theorems = {"A": True, "B": False, "C": True}

# %% wrong="the gradient is hard" says="confuses"
theorems = {"A": True, "B": True, "C": False}

# %% wrong="exchanged" says="equal values"
theorems = {"A": False, "B": False, "C": True}

# %% wrong="a letter missing" says="C"
theorems = {"A": True, "B": False}

# %% wrong="numbers for True and False" says="You have 1"
theorems = {"A": 1, "B": 0, "C": 0}
